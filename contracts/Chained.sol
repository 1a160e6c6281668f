// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A sequence of roots that its publisher can only ever lengthen: every root is there once, in order, and the head
/// binds all of them. Whoever knows one event can check the next with a single hash.
contract Chained {
    /// A root stands at its place. `head` is keccak256 of the head before, `seq`, `root`, `size` and `kind`,
    /// packed: 32 + 8 + 32 + 8 + 1 bytes.
    event Anchored(uint64 indexed seq, bytes32 indexed root, uint64 size, uint8 kind, bytes32 head);

    /// Only the account that deployed the contract can add to it.
    error NotPublisher();
    /// Roots come one after another; `expected` is the next that is accepted.
    error OutOfSequence(uint64 expected);

    address public immutable publisher;
    bytes32 public head;
    uint64 public last;

    /// (0, 0x0) begins a sequence; other values continue one that stands in another contract.
    constructor(uint64 lastSeq, bytes32 lastHead) {
        publisher = msg.sender;
        last = lastSeq;
        head = lastHead;
    }

    /// Append a Merkle root over `size` leaves. Kinds: 1 commitments of an epoch, 2 results.
    function anchor(uint64 seq, bytes32 root, uint64 size, uint8 kind) external {
        if (msg.sender != publisher) revert NotPublisher();
        uint64 expected = last + 1;
        if (seq != expected) revert OutOfSequence(expected);
        bytes32 next = keccak256(abi.encodePacked(head, seq, root, size, kind));
        head = next;
        last = seq;
        emit Anchored(seq, root, size, kind, next);
    }
}
