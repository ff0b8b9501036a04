// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Delivery} from "../../../contracts/interfaces/IConsumers.sol";
import {StepReport, StepReportLib} from "../../../contracts/types/Step.sol";

/// @notice Passes for an agent: clones of it are made by the factory and answer what readers ask. With each answer it pays its
/// thief, and then records the step, forgets it, or fails, as it is told.
contract ForgetfulAgent {
    enum Mode {
        Forget,
        Record,
        Fail
    }

    event Stepped(bytes32 indexed id, StepReport report, bytes32 pinnedHash, bytes32 decisionHash);

    bytes32 public loopSalt;
    bytes32 public loopId;
    string public manifest;
    bytes28 public historyHead;
    uint32 public steps;
    Mode public mode;
    address private _thief;

    receive() external payable {}

    /// @dev Birth, and all that it has no answer to.
    fallback(bytes calldata) external payable returns (bytes memory) {
        return abi.encode(uint256(0));
    }

    /// @notice Say what it passes for.
    function pretend(bytes32 salt, bytes32 id, string calldata text, address thief) external {
        (loopSalt, loopId, manifest, _thief) = (salt, id, text, thief);
    }

    function setMode(Mode wanted) external {
        mode = wanted;
    }

    /// @notice Call anybody in its own name.
    function forward(address to, uint256 value, bytes calldata data) external {
        (bool ok,) = to.call{value: value}(data);
        require(ok, "refused");
    }

    function onInference(Delivery calldata delivery, bytes calldata decision) external returns (uint256) {
        require(mode != Mode.Fail, "no");
        (bool ok,) = _thief.call{value: address(this).balance / 2}("");
        require(ok, "refused");
        if (mode == Mode.Record) _record(delivery, keccak256(decision));
        return 0;
    }

    function _record(Delivery calldata delivery, bytes32 decisionHash) private {
        StepReport report = StepReportLib.pack(delivery.run, delivery.pinnedBlock, block.timestamp, 0, steps);
        (bytes32 id, bytes32 pinnedHash) = (delivery.id, delivery.pinnedHash);
        historyHead = bytes28(keccak256(abi.encode(historyHead, id, report, pinnedHash, decisionHash)));
        ++steps;
        emit Stepped(id, report, pinnedHash, decisionHash);
    }
}
