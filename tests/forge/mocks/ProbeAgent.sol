// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Agent} from "../../../contracts/agent/Agent.sol";
import {FullAgent} from "../../../contracts/agent/FullAgent.sol";
import {Delivery} from "../../../contracts/interfaces/IConsumers.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {JobHash} from "../../../contracts/libraries/JobHash.sol";
import {Inference, PricingLib, TimingLib} from "../../../contracts/types/Job.sol";
import {Choice} from "../../../contracts/types/Policy.sol";

/// @notice An agent whose actions try what a hostile decision might.
contract ProbeAgent is FullAgent {
    uint256 public total;
    uint256 public touched;
    bytes public initData;
    bool public alarm;
    /// The answer to {ask}.
    bytes public kept;

    /// How {attempt} ended.
    event Attempted(bool ok, bytes reason);

    error Probe_Broken(uint256 code);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    function bump(uint256 by) external action {
        total += by;
    }

    function payOut(address to, uint256 amount) external action {
        _send(to, amount);
    }

    /// @dev An inference of its own besides the loop, with another provider.
    function ask(uint256 choice) external action {
        _question(choice);
    }

    /// @dev Public, but no action: asks all the same if a decision calls it.
    function askOutside(uint256 choice) external {
        _question(choice);
    }

    function sign(bytes32 digest) external action {
        _approve(digest);
    }

    /// @dev Public, so that a test can approve outside an action.
    function signOutside(bytes32 digest) external {
        _approve(digest);
    }

    /// @dev What happens on the chain, as a test has it.
    function setAlarm(bool on) external {
        alarm = on;
    }

    function fail(uint256 code) external action {
        total += 1;
        revert Probe_Broken(code);
    }

    /// @dev Eats all the gas it gets.
    function burn() external action {
        assembly ("memory-safe") {
            invalid()
        }
    }

    /// @dev Fails with a megabyte of revert data.
    function bomb() external action {
        assembly ("memory-safe") {
            revert(0, 0x100000)
        }
    }

    /// @dev Succeeds with a megabyte of return data.
    function flood() external action {
        assembly ("memory-safe") {
            return(0, 0x100000)
        }
    }

    /// @dev Tells what a decision keeps to itself: why an action failed.
    function attempt(bytes calldata call_) external action {
        (bool ok, bytes memory reason) = address(this).call(call_);
        emit Attempted(ok, reason);
    }

    /// @dev Public, but no action.
    function touch() external {
        ++touched;
    }

    function _onOther(Delivery calldata delivery, bytes calldata output) internal override returns (bool) {
        if (super._onOther(delivery, output)) return true;
        if (delivery.id != JobHash.inferenceIdAt(address(_EVERLOOP), address(this), bytes32(uint256(7)))) return false;
        kept = output;
        _setReason(ASKING, false);
        return true;
    }

    function shouldWake() public view override returns (bool) {
        return alarm;
    }

    function _context() internal pure override returns (string memory) {
        return "context";
    }

    function prompt() external pure override returns (string memory) {
        return "prompt";
    }

    function _initialize(bytes calldata data) internal override {
        initData = data;
    }

    function _question(uint256 choice) private {
        Choice memory other = _choice(choice);
        bytes memory question = "Say yes or no.";
        Inference memory job = Inference({
            owner: address(this),
            target: address(this),
            provider: other.provider,
            modelId: other.modelId,
            input: keccak256(question),
            timing: TimingLib.pack(0, 0, 600, 300_000, 1_024, 0),
            pricing: PricingLib.pack(5 gwei, 1 gwei, 0, 0.003 ether),
            salt: bytes32(uint256(7))
        });
        _ask(job, question, ASKING);
    }
}
