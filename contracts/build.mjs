// Compiles Chained.sol into Chained.json, which is committed: the platform never needs a compiler.
// `--check` compiles too, and fails when the committed file is not byte for byte what comes out.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import solc from "solc";

const SOURCE = "Chained.sol";
const ARTEFACT = "Chained.json";
const SETTINGS = { evmVersion: "shanghai", optimizer: { enabled: true, runs: 200 } };

const near = (name) => new URL(name, import.meta.url);

function compile(content) {
  const input = {
    language: "Solidity",
    sources: { [SOURCE]: { content } },
    settings: {
      ...SETTINGS,
      outputSelection: { [SOURCE]: { Chained: ["abi", "evm.bytecode.object", "evm.deployedBytecode"] } },
    },
  };
  const { errors = [], contracts } = JSON.parse(solc.compile(JSON.stringify(input)));
  if (errors.length) throw new Error(errors.map((one) => one.formattedMessage).join("\n"));
  return contracts[SOURCE].Chained;
}

function artefact() {
  const content = readFileSync(near(SOURCE), "utf8");
  const { abi, evm } = compile(content);
  return {
    contract: "Chained",
    source: SOURCE,
    sourceSha256: createHash("sha256").update(content).digest("hex"),
    compiler: solc.version(),
    settings: SETTINGS,
    abi,
    bytecode: `0x${evm.bytecode.object}`,
    runtime: `0x${evm.deployedBytecode.object}`,
    // Where the publisher's address is written into the code when it is deployed: bytes from the start.
    immutables: Object.values(evm.deployedBytecode.immutableReferences).flat(),
  };
}

const built = `${JSON.stringify(artefact(), null, 2)}\n`;
if (!process.argv.includes("--check")) {
  writeFileSync(near(ARTEFACT), built);
  console.log(`${ARTEFACT} is built.`);
} else if (readFileSync(near(ARTEFACT), "utf8") === built) {
  console.log(`${ARTEFACT} is what ${SOURCE} compiles to, byte for byte.`);
} else {
  console.error(`${ARTEFACT} is not what ${SOURCE} compiles to. Run: npm run build`);
  process.exit(1);
}
