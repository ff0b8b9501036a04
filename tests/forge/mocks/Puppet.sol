// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {
    Delivery,
    IInferenceConsumer,
    IRefuelable,
    ITaskConsumer,
    Miss
} from "../../../contracts/interfaces/IConsumers.sol";
import {Inference} from "../../../contracts/types/Job.sol";

/// @notice A target and owner that does what a test tells it to: runs a script of calls, then ends in one of many ways.
contract Puppet is ITaskConsumer, IInferenceConsumer, IRefuelable {
    enum Mode {
        Word,
        Short,
        Revert,
        Burn,
        ReturnBomb,
        RevertBomb,
        SelfDestruct
    }

    struct Step {
        address to;
        bytes data;
    }

    /// Bytes of a bomb: 1 MB.
    uint256 private constant BOMB = 1 << 20;

    Mode public mode;
    uint256 public word;
    uint256 public calls;
    uint256 public gasAtEntry;
    address public lastSender;
    bytes32 public lastDataHash;
    bytes32 public lastId;
    address public lastOwner;
    Miss public lastMiss;
    bool private _sparesGas;

    Step[] private _script;
    bool[] private _results;
    bytes[] private _answers;

    error Puppet_Refused();

    receive() external payable {
        if (_script.length != 0) _play();
    }

    /// @dev Raw call data lands here.
    fallback() external payable {
        _enter();
        _end();
    }

    /// @notice Have this contract call somebody; failures bubble up.
    function act(address to, uint256 value, bytes calldata data) external payable returns (bytes memory answer) {
        bool ok;
        (ok, answer) = to.call{value: value}(data);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(answer, 32), mload(answer))
            }
        }
    }

    function setEnd(Mode mode_, uint256 word_) external {
        mode = mode_;
        word = word_;
    }

    function addStep(address to, bytes calldata data) external {
        _script.push(Step(to, data));
    }

    function clearScript() external {
        delete _script;
        delete _results;
        delete _answers;
    }

    function results() external view returns (bool[] memory) {
        return _results;
    }

    /// @notice Return data of step `index`, most of all its revert reason.
    function answerOf(uint256 index) external view returns (bytes memory) {
        return _answers[index];
    }

    function onTask(bytes32 id, address owner, bytes calldata data) external returns (uint256) {
        _enter();
        (lastId, lastOwner, lastDataHash) = (id, owner, keccak256(data));
        return _end();
    }

    function onInference(Delivery calldata delivery, bytes calldata decision) external returns (uint256) {
        _enter();
        (lastId, lastOwner, lastDataHash) = (delivery.id, delivery.owner, keccak256(decision));
        return _end();
    }

    function onMissed(bytes32 id, Miss reason, Inference calldata job) external {
        _enter();
        (lastId, lastOwner, lastMiss) = (id, job.owner, reason);
        _end();
    }

    /// @notice Keep no results, and do nothing when asked to refuel, so that no call runs out of gas: forge records the logs
    /// of such calls too.
    function spareGas() external {
        _sparesGas = true;
    }

    function refuel() external returns (uint256) {
        if (_sparesGas) return 0;
        _enter();
        return _end();
    }

    function _enter() private {
        gasAtEntry = gasleft();
        lastSender = msg.sender;
        ++calls;
        lastDataHash = keccak256(msg.data);
        _play();
    }

    function _play() private {
        for (uint256 i = 0; i < _script.length; ++i) {
            (bool ok, bytes memory answer) = _script[i].to.call(_script[i].data);
            if (_sparesGas) continue;
            _results.push(ok);
            _answers.push(answer);
        }
    }

    function _end() private returns (uint256) {
        Mode mode_ = mode;
        if (mode_ == Mode.Revert) revert Puppet_Refused();
        if (mode_ == Mode.SelfDestruct) selfdestruct(payable(address(1)));
        uint256 word_ = word;
        assembly ("memory-safe") {
            switch mode_
            case 1 {
                mstore(0, word_)
                return(1, 31)
            }
            case 3 { invalid() }
            case 4 { return(0, BOMB) }
            case 5 { revert(0, BOMB) }
        }
        return word_;
    }
}
