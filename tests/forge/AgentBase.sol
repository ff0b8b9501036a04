// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {Vm, vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Birth, Choice, Loop, Policy} from "../../contracts/types/Policy.sol";
import {StepReport} from "../../contracts/types/Step.sol";

/// @notice {Base} and one agent of alice's, born of the factory, its first step due now.
abstract contract AgentBase is Base {
    uint80 internal constant RUN_BALANCE = 0.05 ether;
    uint256 internal constant TREASURY = 1 ether;
    uint80 internal constant ACTION_CAP = 0.1 ether;
    uint80 internal constant BUDGET = 0.25 ether;
    uint32 internal constant BUDGET_WINDOW = 1 days;
    uint64 internal constant RESERVE = 0.05 ether;
    bytes32 internal constant SALT = "first";
    string internal constant MANIFEST = '{"everloop":1,"name":"Probe"}';

    address internal implementation;
    address internal payee = makeAddr("payee");
    ProbeAgent internal agent;
    /// The loop's record, as booked.
    Inference internal loop;

    /// What a {Stepped} says.
    struct StepSeen {
        uint32 run;
        uint64 pinnedBlock;
        bytes32 pinnedHash;
        uint40 time;
        bytes32 decisionHash;
        IAgent.Result result;
    }

    function setUp() public virtual override {
        super.setUp();
        address manifest_ = makeAddr("manifest");
        vm.etch(manifest_, bytes.concat(hex"0000", bytes(MANIFEST)));
        implementation = _create("ProbeAgent.sol:ProbeAgent", abi.encode(everloop, manifest_));
        _bear(_birth());
    }

    function _birth() internal view returns (Birth memory birth) {
        birth.loop = Loop({
            interval: INTERVAL,
            heartbeat: HEARTBEAT,
            window: WINDOW,
            // Twice what deployed code needs: the build of `make coverage` is not optimised.
            gasLimit: 600_000,
            outputLimit: 2_048,
            maxGasPrice: MAX_GAS_PRICE,
            maxPriorityFee: 1 gwei,
            maxDataFee: 0,
            maxFee: 0.003 ether
        });
        birth.policy = Policy({actionCap: ACTION_CAP, budget: BUDGET, window: BUDGET_WINDOW, reserve: RESERVE});
        birth.providers = new Choice[](2);
        birth.providers[0] = Choice(provider, MODEL_ID);
        birth.providers[1] = Choice(rival, MODEL_ID);
        birth.recipients = new address[](1);
        birth.recipients[0] = payee;
        birth.runBalance = RUN_BALANCE;
    }

    /// @dev A new agent takes the place of the one before.
    function _bear(Birth memory birth) internal {
        bytes32 salt = keccak256(abi.encode(SALT, factory.agentCount()));
        vm.recordLogs();
        hoax(alice, TREASURY + birth.runBalance);
        agent = ProbeAgent(
            payable(factory.create{value: TREASURY + birth.runBalance}(implementation, salt, birth, "data"))
        );
        loop = _lastInference();
    }

    /// @dev Deliver to the loop and read what the agent says of it.
    function _step(bytes memory decision) internal returns (StepSeen memory) {
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), decision);
        return _seen(_newest(vm.getRecordedLogs(), IAgent.Stepped.selector));
    }

    /// @dev What one {Stepped} says.
    function _seen(Vm.Log memory log) internal pure returns (StepSeen memory seen) {
        StepReport report;
        (report, seen.pinnedHash, seen.decisionHash) = abi.decode(log.data, (StepReport, bytes32, bytes32));
        (seen.run, seen.pinnedBlock, seen.time) = (report.run(), report.pinnedBlock(), report.time());
        seen.result = IAgent.Result(report.result());
    }

    /// @dev As {_step}, after waiting until the loop is due.
    function _nextStep(bytes memory decision) internal returns (StepSeen memory) {
        uint256 due = _slot(loop).due();
        if (due > _now()) vm.warp(due);
        return _step(decision);
    }

    /// @dev A change by the owner; refusals come back as they are.
    function _asOwner(bytes memory change) internal {
        vm.prank(agent.owner());
        (bool ok, bytes memory reason) = address(agent).call(change);
        if (!ok) {
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }

    /// @dev A change that loosens: queued, and in force a day later.
    function _loosen(bytes memory change) internal {
        _asOwner(change);
        skip(1 days);
        _asOwner(change);
        _catchUp();
    }

    /// @dev The run that nobody answered meanwhile is over; the one in its place is due now.
    function _catchUp() internal {
        vm.recordLogs();
        vm.prank(keeper);
        everloop.expire(loop);
        loop = _lastInference();
    }

    function _acts(bytes memory decision) internal returns (bool) {
        return _nextStep(decision).result == IAgent.Result.Acted;
    }

    function _batch(bytes memory first, bytes memory second) internal pure returns (bytes memory) {
        bytes[] memory actions = new bytes[](2);
        (actions[0], actions[1]) = (first, second);
        return abi.encodeCall(IAgent.batch, (actions));
    }

    function _bump(uint256 by) internal pure returns (bytes memory) {
        return abi.encodeCall(ProbeAgent.bump, (by));
    }

    function _pay(address to, uint256 amount) internal pure returns (bytes memory) {
        return abi.encodeCall(ProbeAgent.payOut, (to, amount));
    }
}
