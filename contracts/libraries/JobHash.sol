// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Job} from "../types/Job.sol";

/// @notice The hash that stands for a whole record.
/// @dev keccak256 over the eight fixed fields and the hash of `data`, a word each, in the order of {Job}; 160 bits of
/// it are kept. Assembly, since the record is already laid out so: encoding it anew costs 1,100 gas a run.
library JobHash {
    uint256 private constant FIXED_BYTES = 8 * 32;

    /// @notice The commitment of a record in memory.
    function ofMemory(Job memory job) internal pure returns (uint160 commitment) {
        bytes32 dataHash = keccak256(job.data);
        assembly ("memory-safe") {
            let free := mload(0x40)
            mcopy(free, job, FIXED_BYTES)
            mstore(add(free, FIXED_BYTES), dataHash)
            commitment := and(keccak256(free, add(FIXED_BYTES, 32)), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The commitment of a record in call data; one with dirty bits matches none that was booked.
    function ofCallData(Job calldata job) internal pure returns (uint160 commitment) {
        bytes calldata data = job.data;
        assembly ("memory-safe") {
            let free := mload(0x40)
            calldatacopy(free, data.offset, data.length)
            let dataHash := keccak256(free, data.length)
            calldatacopy(free, job, FIXED_BYTES)
            mstore(add(free, FIXED_BYTES), dataHash)
            commitment := and(keccak256(free, add(FIXED_BYTES, 32)), 0xffffffffffffffffffffffffffffffffffffffff)
        }
    }

    /// @notice The id of a job: keccak256 of its kind, chain, engine, owner and salt, a word each.
    function idOf(bool isInference, address owner, bytes32 salt) internal view returns (bytes32 id) {
        assembly ("memory-safe") {
            let free := mload(0x40)
            mstore(free, isInference)
            mstore(add(free, 32), chainid())
            mstore(add(free, 64), address())
            mstore(add(free, 96), owner)
            mstore(add(free, 128), salt)
            id := keccak256(free, 160)
        }
    }
}
