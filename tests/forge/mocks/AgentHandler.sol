// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {OddToken} from "./OddToken.sol";
import {ProbeAgent} from "./ProbeAgent.sol";
import {Puppet} from "./Puppet.sol";
import {SpendingLedger} from "./SpendingLedger.sol";
import {Vm, vm} from "../Vm.sol";
import {AgentTreasury} from "../../../contracts/agent/AgentTreasury.sol";
import {Delivery} from "../../../contracts/interfaces/IConsumers.sol";
import {IAgent} from "../../../contracts/interfaces/IAgent.sol";
import {IAgentPolicy} from "../../../contracts/interfaces/IAgentPolicy.sol";
import {IConsulter} from "../../../contracts/interfaces/IConsulter.sol";
import {IInferenceMarket} from "../../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IPlanner} from "../../../contracts/interfaces/IPlanner.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {Inference} from "../../../contracts/types/Job.sol";
import {JobSlot} from "../../../contracts/types/JobSlot.sol";
import {Offer} from "../../../contracts/types/Offer.sol";
import {Policy, Rule, TokenLimit} from "../../../contracts/types/Policy.sol";

/// @notice One agent whose model wants all that it holds, and an owner who keeps changing the policy.
/// @dev What leaves is read from balances, never from what the agent says.
contract AgentHandler {
    using SpendingLedger for SpendingLedger.Ledger;

    uint256 private constant PAYEES = 4;
    uint256 private constant DAY = 1 days;

    ProbeAgent private immutable _AGENT;
    address private immutable _EVERLOOP;
    IProviderRegistry private immutable _REGISTRY;
    address private immutable _PROVIDER;
    string private _model;
    OddToken public immutable TOKEN = new OddToken();
    /// What `call` may reach, when listed; takes ETH.
    Puppet public immutable TARGET = new Puppet();

    SpendingLedger.Ledger private _ether;
    SpendingLedger.Ledger private _tokens;
    /// When a change that loosens was first asked for; 0 = it was not, or has been made.
    mapping(bytes32 change => uint256 time) private _askedAt;

    /// Set where ETH or tokens reached somebody who was not listed.
    bool public paidUnlisted;
    /// Set where something looser was in force without a day's notice.
    bool public loosenedEarly;
    /// Decisions that moved something, and changes that came into force after their day.
    uint256 public moves;
    uint256 public loosened;
    /// Questions that were booked.
    uint256 public asked;
    /// The last of them.
    Inference private _question;

    constructor(ProbeAgent agent, address everloop, IProviderRegistry registry, string memory model) {
        (_AGENT, _EVERLOOP, _REGISTRY) = (agent, everloop, registry);
        (_PROVIDER, _model) = (agent.choices()[0].provider, model);
        TOKEN.mint(address(agent), 1e24);
        _note(0, 0);
    }

    // The chain

    function pass(uint256 seconds_) external {
        vm.warp(vm.getBlockTimestamp() + (seconds_ % 4 == 0 ? seconds_ % 9 hours : seconds_ % 20 minutes));
    }

    function give(uint256 amount) external {
        vm.deal(address(_AGENT), address(_AGENT).balance + amount % 1 ether);
    }

    /// @dev The run balance has been used up.
    function useUp(uint256 amount) external {
        uint256 run = _AGENT.policy().budget;
        vm.mockCall(_EVERLOOP, abi.encodeWithSignature("balanceOf(address)", address(_AGENT)), abi.encode(amount % run));
        _act("");
        _refuel();
        vm.clearMockedCalls();
    }

    // The model

    function transfer(uint256 who, uint256 amount) external {
        _act(_transfer(who, amount));
    }

    function transferToken(uint256 who, uint256 amount) external {
        _act(_transferToken(who, amount));
    }

    function call(uint256 amount) external {
        _act(_call(amount));
    }

    function batch(uint256 who, uint256 first, uint256 second) external {
        bytes[] memory actions = new bytes[](4);
        (actions[0], actions[1]) = (_transfer(who, first), _call(second));
        (actions[2], actions[3]) = (_transferToken(who >> 8, first), _transfer(who >> 16, second));
        _act(abi.encodeCall(IAgent.batch, (actions)));
    }

    /// @dev A question to the provider that answers the loop, at whatever it asks by then.
    function ask(uint256 price) external {
        vm.prank(_PROVIDER);
        _REGISTRY.offer(_model, Offer(uint64(price % 0.2 ether), 0, 1 gwei, 5, 20, 3_000_000, 0));
        vm.recordLogs();
        _act(abi.encodeCall(IConsulter.consult, (0, "?")));
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics[0] != IInferenceMarket.InferenceRequested.selector) continue;
            (, _question,) = abi.decode(logs[i].data, (JobSlot, Inference, bytes));
            ++asked;
        }
    }

    /// @dev Nobody answers, so that another can be asked.
    function expire() external {
        (bool ok,) = _EVERLOOP.call(abi.encodeCall(IInferenceMarket.expire, (_question)));
        ok;
    }

    function plan(uint256 delay) external {
        uint256 when = vm.getBlockTimestamp() + delay % 1 days;
        _act(abi.encodeCall(IPlanner.scheduleAction, (when, _transfer(0, delay))));
    }

    /// @dev By a decision or by the owner's hand, which moves nothing.
    function dropPlan(uint256 number) external {
        if (number & 8 == 0) return _act(abi.encodeCall(IPlanner.cancelAction, (number % 8)));
        uint256 held = address(_AGENT).balance;
        vm.prank(_AGENT.owner());
        (bool ok,) = address(_AGENT).call(abi.encodeCall(IPlanner.dropPlan, (number % 8)));
        ok;
        require(address(_AGENT).balance == held, "dropping moves nothing");
    }

    function babble(bytes calldata decision) external {
        _act(decision);
    }

    // The owner

    function setLimits(uint256 seed) external {
        Policy memory limits = Policy({
            actionCap: 0.2 ether,
            budget: uint80(0.3 ether * (1 + seed % 2)),
            window: uint32(1 hours * (1 + 11 * ((seed >> 8) % 2))),
            reserve: 0
        });
        bool looser = limits.isLooser(_AGENT.policy());
        bool made = _change(abi.encodeCall(IAgentPolicy.setLimits, (limits)), looser);
        require(!made || keccak256(abi.encode(_AGENT.policy())) == keccak256(abi.encode(limits)), "in force");
    }

    function setTokenPolicy(uint256 seed) external {
        TokenLimit memory limit = TokenLimit({
            actionCap: 2e18,
            budget: uint104(3e18 * (1 + seed % 2)),
            window: uint32(1 hours * (1 + 11 * ((seed >> 8) % 2)))
        });
        (TokenLimit memory old,,) = _AGENT.tokenPolicy(address(TOKEN));
        _change(abi.encodeCall(IAgentPolicy.setTokenPolicy, (address(TOKEN), limit)), limit.isLooser(old));
    }

    function setRecipient(uint256 who, bool listed) external {
        address to = payeeOf(who);
        bool looser = listed && !_AGENT.isRecipient(to);
        _change(abi.encodeCall(IAgentPolicy.setRecipient, (to, listed)), looser);
    }

    function setTarget(uint256 seed) external {
        Rule rule = Rule(seed % 3);
        bool looser = rule > _AGENT.ruleOf(address(TARGET), bytes4("ping"));
        _change(abi.encodeCall(IAgentPolicy.setTarget, (address(TARGET), bytes4("ping"), rule)), looser);
    }

    function pause(uint256 seed) external {
        if (seed % 8 == 0) _change(abi.encodeCall(IAgentPolicy.pause, ()), false);
        else _change(abi.encodeCall(IAgentPolicy.unpause, ()), false);
    }

    /// @notice What was spent beyond a budget, over any time, at most; ETH and tokens.
    function overspent() external view returns (uint256, uint256) {
        return (_ether.worst, _tokens.worst);
    }

    function payeeOf(uint256 who) public pure returns (address) {
        return address(uint160(0xbeef0000 + who % PAYEES));
    }

    function _transfer(uint256 who, uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.transfer, (payeeOf(who), _greedy(amount, _AGENT.budgetLeft())));
    }

    function _transferToken(uint256 who, uint256 amount) private view returns (bytes memory) {
        (,, uint256 left) = _AGENT.tokenPolicy(address(TOKEN));
        return
            abi.encodeCall(AgentTreasury.transferToken, (address(TOKEN), payeeOf(who), 10 * _greedy(amount, left / 10)));
    }

    function _call(uint256 amount) private view returns (bytes memory) {
        return abi.encodeCall(AgentTreasury.call, (address(TARGET), _greedy(amount, _AGENT.budgetLeft()), "ping"));
    }

    /// @dev All that is left, a little more, or some part of it.
    function _greedy(uint256 seed, uint256 left) private pure returns (uint256) {
        if (seed % 4 == 0) return left < 0.2 ether ? left : 0.2 ether;
        if (seed % 4 == 1) return left + 1;
        return seed % (0.2 ether + 1);
    }

    /// @dev One delivery of the loop; it never fails.
    function _act(bytes memory decision) private {
        uint256[2] memory before = [address(_AGENT).balance, TOKEN.balanceOf(address(_AGENT))];
        uint256[2] memory listed = _heldByUnlisted();
        uint256 free = ILedger(_EVERLOOP).freeOf(address(_AGENT));
        bytes32 id = _AGENT.loopId();
        vm.prank(_EVERLOOP);
        _AGENT.onInference(Delivery(0, 1, address(_AGENT), id, 0), decision);
        uint256[2] memory held = _heldByUnlisted();
        if (held[0] != listed[0] || held[1] != listed[1]) paidUnlisted = true;
        // What a decision sets aside at Everloop for others has left, too.
        uint256 left = ILedger(_EVERLOOP).freeOf(address(_AGENT));
        uint256 promised = left < free ? free - left : 0;
        _note(before[0] - address(_AGENT).balance + promised, before[1] - TOKEN.balanceOf(address(_AGENT)));
    }

    function _refuel() private {
        uint256 before = address(_AGENT).balance;
        uint256 moved = _AGENT.refuel();
        require(before - address(_AGENT).balance == moved, "what it says it moved");
        _note(moved, 0);
    }

    /// @dev A change by the owner; one that loosens first waits.
    function _change(bytes memory change, bool looser) private returns (bool made) {
        bytes32 hash = keccak256(change);
        bytes32 before = _policies();
        vm.prank(_AGENT.owner());
        (bool ok,) = address(_AGENT).call(change);
        require(ok || looser, "what does not loosen is made at once");
        made = ok && (!looser || _policies() != before);
        if (!looser || made) {
            uint256 asked = _askedAt[hash];
            uint256 waited = vm.getBlockTimestamp() - asked;
            if (looser && (asked == 0 || waited < DAY || waited > 8 * DAY)) loosenedEarly = true;
            if (looser) ++loosened;
            _askedAt[hash] = 0;
        } else if (ok) {
            _askedAt[hash] = vm.getBlockTimestamp();
        }
        _note(0, 0);
    }

    function _note(uint256 ether_, uint256 tokens) private {
        if (ether_ + tokens != 0) ++moves;
        Policy memory limits = _AGENT.policy();
        _ether.note(ether_, limits.budget, limits.window);
        (TokenLimit memory limit,,) = _AGENT.tokenPolicy(address(TOKEN));
        _tokens.note(tokens, limit.budget, limit.window);
    }

    function _heldByUnlisted() private view returns (uint256[2] memory held) {
        for (uint256 i = 0; i < PAYEES; ++i) {
            if (_AGENT.isRecipient(payeeOf(i))) continue;
            held[0] += payeeOf(i).balance;
            held[1] += TOKEN.balanceOf(payeeOf(i));
        }
        if (_AGENT.ruleOf(address(TARGET), bytes4("ping")) != Rule.Pay) held[0] += address(TARGET).balance;
    }

    function _policies() private view returns (bytes32) {
        (TokenLimit memory limit,,) = _AGENT.tokenPolicy(address(TOKEN));
        bool[PAYEES] memory listed;
        for (uint256 i = 0; i < PAYEES; ++i) {
            listed[i] = _AGENT.isRecipient(payeeOf(i));
        }
        return keccak256(abi.encode(_AGENT.policy(), limit, listed, _AGENT.ruleOf(address(TARGET), bytes4("ping"))));
    }
}
