// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice Hashes of past blocks.
library PinnedBlock {
    /// The history contract of EIP-2935: hashes of the last 8,191 blocks.
    address private constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @notice The hash of block `number`, or zero where the chain does not know it any more, or not yet.
    function hashOf(uint64 number) internal view returns (bytes32) {
        bytes32 recent = blockhash(number);
        if (recent != 0) return recent;
        // Also where the number seems to lie ahead: on some rollups `block.number` is the parent chain's, while this contract
        // counts the chain's own blocks. It refuses the present and the future itself.
        (bool ok, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
        return ok && answer.length == 32 ? abi.decode(answer, (bytes32)) : bytes32(0);
    }
}
