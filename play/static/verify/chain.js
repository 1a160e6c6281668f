/** What the blockchain says of a round's anchors: brought by the visitor, else asked of the visitor's node. */

/**
 * The evidence of an anchor, as a function: undefined where nobody was asked. With `error` where the node was asked in
 * vain.
 */
export async function chainOf({ fetchEvidence, readEvidence }, { round, evidence }, address) {
  const found = new Map(evidence);
  const evidenceOf = (anchor) => found.get(anchor.transaction);
  const anchors = [round.commit.anchor, round.result?.anchor].filter((anchor) => anchor && !evidenceOf(anchor));
  try {
    for (const anchor of address ? anchors : []) {
      found.set(anchor.transaction, readEvidence(await fetchEvidence(address, anchor)));
    }
  } catch (error) {
    return { evidenceOf, error };
  }
  return { evidenceOf };
}
