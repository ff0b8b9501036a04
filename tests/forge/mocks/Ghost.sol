// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vm} from "../Vm.sol";
import {IInferenceMarket} from "../../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IDisputeBook} from "../../../contracts/interfaces/IDisputeBook.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {Inference, Task} from "../../../contracts/types/Job.sol";
import {JobSlot} from "../../../contracts/types/JobSlot.sol";
import {RunReport} from "../../../contracts/types/Run.sol";

/// @notice Accounts, runs and records as the engine's events tell them, and nothing else.
abstract contract Ghost {
    /// Records as they were told last, by id.
    mapping(bytes32 id => Inference record) internal _inferences;
    mapping(bytes32 id => Task record) internal _tasks;
    mapping(bytes32 id => address owner) internal _ownerOf;

    /// Balance of each account.
    mapping(address account => uint256 amount) public ghostBalance;
    /// How many runs of an id have ended, each of them once.
    mapping(bytes32 id => uint256 count) public ghostEnded;
    mapping(bytes32 id => mapping(uint256 run => bool ended)) private _ended;
    /// Answered, missed and declined runs of each provider.
    mapping(address provider => uint256[3] counts) private _marks;
    /// wei of penalties that keepers and owners were sent, and that nobody has.
    uint256 public ghostBounty;
    uint256 public ghostRepaid;
    uint256 public ghostBurned;
    /// Dormant inferences that went on with another provider.
    uint256 public ghostMoves;
    uint256 private _lastBounty;
    uint256 private _lastRepaid;

    /// Fee and reservation of a job before the move that is read.
    mapping(bytes32 id => uint256 fee) internal _feeBefore;
    mapping(bytes32 id => uint256 worst) internal _worstBefore;

    /// Set where an (id, run) ended twice.
    bool public endedTwice;
    /// Set where a delivery paid less than the fee or more than was reserved.
    bool public brokenPay;

    /// @return counts Answered, missed and declined runs.
    function marksOf(address provider) external view returns (uint256[3] memory counts) {
        return _marks[provider];
    }

    function _end(bytes32 id, uint256 run) internal {
        if (_ended[id][run]) endedTwice = true;
        _ended[id][run] = true;
        ++ghostEnded[id];
    }

    /// @dev What one event says of records and money that come and go.
    function _read(Vm.Log memory log_) internal {
        bytes32 topic = log_.topics[0];
        if (topic == ILedger.Deposited.selector) {
            ghostBalance[_actor(log_, 1)] += abi.decode(log_.data, (uint256));
        } else if (topic == ILedger.Withdrawn.selector) {
            ghostBalance[_actor(log_, 1)] -= abi.decode(log_.data, (uint256));
        } else if (topic == IScheduler.TaskScheduled.selector) {
            (, _tasks[log_.topics[1]]) = abi.decode(log_.data, (JobSlot, Task));
        } else if (topic == IInferenceMarket.InferenceRequested.selector) {
            (, _inferences[log_.topics[1]],) = abi.decode(log_.data, (JobSlot, Inference, bytes));
        } else if (topic == IDisputeBook.Slashed.selector) {
            uint256 burned;
            (_lastBounty, _lastRepaid, burned) = abi.decode(log_.data, (uint256, uint256, uint256));
            ghostBounty += _lastBounty;
            ghostRepaid += _lastRepaid;
            ghostBurned += burned;
        } else {
            _readRun(topic, log_);
        }
    }

    /// @dev What one event says of a run and its pay.
    function _readRun(bytes32 topic, Vm.Log memory log_) private {
        if (topic == IScheduler.TaskExecuted.selector) {
            RunReport report = abi.decode(log_.data, (RunReport));
            _end(log_.topics[1], report.run());
            _move(_ownerOf[log_.topics[1]], _actor(log_, 2), report.paid());
        } else if (topic == IInferenceMarket.InferenceDelivered.selector) {
            (RunReport report,) = abi.decode(log_.data, (RunReport, bytes));
            _checkPay(log_.topics[1], report.paid());
            _answered(log_, _ownerOf[log_.topics[1]], report);
        } else if (topic == IInferenceMarket.SignedInferenceDelivered.selector) {
            (RunReport report,,,,) = abi.decode(log_.data, (RunReport, uint256, Inference, bytes, bytes));
            _answered(log_, _actor(log_, 3), report);
        } else if (topic == IInferenceMarket.InferenceDeclined.selector) {
            (RunReport report, bool counted) = abi.decode(log_.data, (RunReport, bool));
            _end(log_.topics[1], report.run());
            if (counted) ++_marks[_actor(log_, 2)][2];
        } else if (topic == IInferenceMarket.InferenceExpired.selector) {
            (RunReport report, address keeper) = abi.decode(log_.data, (RunReport, address));
            _end(log_.topics[1], report.run());
            ++_marks[_actor(log_, 2)][1];
            _expired(_ownerOf[log_.topics[1]], keeper, report.paid());
        } else {
            _readResumption(topic, log_);
        }
    }

    /// @dev A resumption is paid to whoever made it; {InferenceResumed} does not name it, so the handler says who.
    function _readResumption(bytes32 topic, Vm.Log memory log_) private {
        if (topic == IInferenceMarket.InferenceResumed.selector) {
            RunReport report = abi.decode(log_.data, (RunReport));
            _move(_ownerOf[log_.topics[1]], _resumer(), report.paid());
        } else if (topic == IInferenceMarket.InferenceMoved.selector) {
            ++ghostMoves;
            _move(_ownerOf[log_.topics[1]], _actor(log_, 3), abi.decode(log_.data, (uint256)));
        } else if (topic == IInferenceMarket.InferenceUnserved.selector) {
            _move(_ownerOf[log_.topics[1]], _actor(log_, 3), abi.decode(log_.data, (uint256)));
        }
    }

    function _answered(Vm.Log memory log_, address owner, RunReport report) private {
        _end(log_.topics[1], report.run());
        _move(owner, _actor(log_, 2), report.paid());
        ++_marks[_actor(log_, 2)][0];
    }

    /// @dev The keeper is paid the bounty and its gas; the owner pays the gas, or what it was repaid where that is more.
    function _expired(address owner, address keeper, uint256 earned) private {
        uint256 gasPaid = earned - _lastBounty;
        ghostBalance[keeper] += earned;
        ghostBalance[owner] += _lastRepaid;
        ghostBalance[owner] -= gasPaid < _lastRepaid ? _lastRepaid : gasPaid;
    }

    function _checkPay(bytes32 id, uint256 paid) private {
        if (paid < _feeBefore[id] || paid > _worstBefore[id]) brokenPay = true;
    }

    function _move(address from, address to, uint256 amount) private {
        ghostBalance[from] -= amount;
        ghostBalance[to] += amount;
    }

    function _actor(Vm.Log memory log_, uint256 topic) private pure returns (address) {
        return address(uint160(uint256(log_.topics[topic])));
    }

    function _resumer() internal view virtual returns (address);
}
