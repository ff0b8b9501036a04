// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {TypedData} from "../../contracts/libraries/TypedData.sol";
import {Inference, Task} from "../../contracts/types/Job.sol";

/// @notice EIP-712 struct hashes, against values computed from the encoding rules word by word.
contract TypedDataTest is Test {
    string private constant TASK =
        "Task(address owner,address target,uint256 timing,bytes32 salt,uint256 pricing,bytes data)";
    string private constant INFERENCE =
        "Inference(address owner,address target,uint256 timing,uint256 pricing,address provider,bytes32 modelId,bytes32 input,bytes32 salt)";

    function testFuzz_ScheduleIsHashedAsEip712Says(Task calldata task, uint40 due, uint256 nonce, uint40 deadline)
        external
        view
    {
        assertEq(this.ofSchedule(task, due, nonce, deadline), _schedule(task, due, nonce, deadline));
    }

    function testFuzz_AskIsHashedAsEip712Says(Inference calldata job, uint256 nonce, uint40 deadline) external view {
        assertEq(this.ofAsk(job, nonce, deadline), _ask(job, nonce, deadline));
    }

    function testFuzz_ScheduleCoversDueNonceAndDeadline(Task calldata task, uint40 due, uint256 nonce, uint40 deadline)
        external
        view
    {
        bytes32 signed = this.ofSchedule(task, due, nonce, deadline);
        unchecked {
            assertNotEq(this.ofSchedule(task, due + 1, nonce, deadline), signed);
            assertNotEq(this.ofSchedule(task, due, nonce + 1, deadline), signed);
            assertNotEq(this.ofSchedule(task, due, nonce, deadline + 1), signed);
        }
    }

    function testFuzz_AskCoversNonceAndDeadline(Inference calldata job, uint256 nonce, uint40 deadline) external view {
        bytes32 signed = this.ofAsk(job, nonce, deadline);
        unchecked {
            assertNotEq(this.ofAsk(job, nonce + 1, deadline), signed);
            assertNotEq(this.ofAsk(job, nonce, deadline + 1), signed);
        }
    }

    function ofSchedule(Task calldata task, uint40 due, uint256 nonce, uint40 deadline)
        external
        pure
        returns (bytes32)
    {
        return TypedData.ofSchedule(task, due, nonce, deadline);
    }

    function ofAsk(Inference calldata job, uint256 nonce, uint40 deadline) external pure returns (bytes32) {
        return TypedData.ofAsk(job, nonce, deadline);
    }

    /// @dev A type's string is followed by those it refers to; a struct stands for its hash, bytes for theirs.
    function _schedule(Task calldata task, uint40 due, uint256 nonce, uint40 deadline) private pure returns (bytes32) {
        bytes32 type_ =
            keccak256(bytes.concat("Schedule(Task task,uint40 due,uint256 nonce,uint40 deadline)", bytes(TASK)));
        bytes memory words = bytes.concat(
            keccak256(bytes(TASK)),
            bytes32(uint256(uint160(task.owner))),
            bytes32(uint256(uint160(task.target))),
            abi.encode(task.timing),
            task.salt,
            abi.encode(task.pricing),
            keccak256(task.data)
        );
        return
            keccak256(bytes.concat(type_, keccak256(words), abi.encode(due), abi.encode(nonce), abi.encode(deadline)));
    }

    function _ask(Inference calldata job, uint256 nonce, uint40 deadline) private pure returns (bytes32) {
        bytes32 type_ =
            keccak256(bytes.concat("Ask(Inference inference,uint256 nonce,uint40 deadline)", bytes(INFERENCE)));
        bytes memory words = bytes.concat(
            keccak256(bytes(INFERENCE)),
            bytes32(uint256(uint160(job.owner))),
            bytes32(uint256(uint160(job.target))),
            abi.encode(job.timing),
            abi.encode(job.pricing),
            bytes32(uint256(uint160(job.provider))),
            job.modelId,
            job.input,
            job.salt
        );
        return keccak256(bytes.concat(type_, keccak256(words), abi.encode(nonce), abi.encode(deadline)));
    }
}
