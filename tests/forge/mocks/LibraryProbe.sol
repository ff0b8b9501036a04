// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CallDataGas} from "../../../contracts/libraries/CallDataGas.sol";
import {CodeData} from "../../../contracts/libraries/CodeData.sol";
import {ExactCall} from "../../../contracts/libraries/ExactCall.sol";
import {JobHash} from "../../../contracts/libraries/JobHash.sol";
import {PinnedBlock} from "../../../contracts/libraries/PinnedBlock.sol";
import {Account} from "../../../contracts/types/Account.sol";
import {Inference, Task} from "../../../contracts/types/Job.sol";

/// @notice Library functions as external calls, so that a test can see their reverts, call data and gas.
contract LibraryProbe {
    function callDataGas(bytes calldata data) external pure returns (uint256) {
        return CallDataGas.ofCallData(data);
    }

    function recordGas(Task calldata task) external pure returns (uint256) {
        return CallDataGas.ofTask(task, task.data);
    }

    function recordGas(Inference calldata job) external pure returns (uint256) {
        return CallDataGas.ofInference(job);
    }

    function completedGas(Inference calldata job) external pure returns (uint256) {
        return CallDataGas.ofCompleted(job);
    }

    function commitmentOf(Task calldata task) external pure returns (uint160) {
        return JobHash.ofTask(task, task.data);
    }

    function commitmentOf(Inference calldata job) external pure returns (uint160) {
        return JobHash.ofInference(job);
    }

    function codeData(address pointer) external view returns (bytes memory) {
        return CodeData.read(pointer);
    }

    function hashOf(uint64 number) external view returns (bytes32) {
        return PinnedBlock.hashOf(number);
    }

    function exactCall(address target, uint256 gasLimit, bytes calldata data) external returns (bool ok, uint256 word) {
        return ExactCall.call(target, gasLimit, data);
    }

    function credit(Account a, uint256 amount) external pure returns (Account) {
        return a.credit(amount);
    }

    function debit(Account a, uint256 amount) external pure returns (Account) {
        return a.debit(amount);
    }

    function reserve(Account a, uint256 amount) external pure returns (Account) {
        return a.reserve(amount);
    }

    function release(Account a, uint256 amount) external pure returns (Account) {
        return a.release(amount);
    }

    function opened(Account a) external pure returns (Account) {
        return a.opened();
    }

    function closed(Account a) external pure returns (Account) {
        return a.closed();
    }
}
