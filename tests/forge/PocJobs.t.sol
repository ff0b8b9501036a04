// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {Agent} from "../../contracts/agent/Agent.sol";
import {ProbeAgent} from "./mocks/ProbeAgent.sol";
import {Vm, vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {Delivery} from "../../contracts/interfaces/IConsumers.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {ISignedOrders} from "../../contracts/interfaces/ISignedOrders.sol";
import {OrderDigest} from "./mocks/OrderDigest.sol";
import {Offer} from "../../contracts/types/Offer.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Choice, Loop, Policy} from "../../contracts/types/Policy.sol";

/// An agent of a careful author: a second inference of its own, whose answer {_onOther} takes and only keeps.
contract AskingAgent is Agent {
    bytes public kept;
    uint256 public total;

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    function ask() external action {
        Choice memory choice = _choice(1);
        _request(
            Inference({
                owner: address(this),
                target: address(this),
                timing: TimingLib.pack(0, 0, 600, 300_000, 1_024, 0),
                pricing: PricingLib.pack(5 gwei, 1 gwei, 0, 0.003 ether),
                provider: choice.provider,
                modelId: choice.modelId,
                input: keccak256("Say yes or no."),
                salt: bytes32(uint256(7))
            }),
            "Say yes or no.",
            0
        );
    }

    function bump(uint256 by) external action {
        total += by;
    }

    function payOut(address to, uint256 amount) external action {
        _send(to, amount);
    }

    function _onOther(Delivery calldata, bytes calldata output) internal override returns (bool) {
        kept = output;
        return true;
    }

    function prompt() external pure override returns (string memory) {
        return "prompt";
    }

    function _context() internal pure override returns (string memory) {
        return "context";
    }

    function _initialize(bytes calldata) internal override {}
}

contract PocJobsTest is AgentBase {
    event log_named_uint(string key, uint256 value);
    event log_named_bytes(string key, bytes value);

    /// "A delivery of another inference than the loop's. What nobody takes is refused": it is acted upon instead.
    function test_A_AnswerOfAnotherInferenceActs() external {
        implementation = _create("PocJobs.t.sol:AskingAgent", abi.encode(everloop, agent.manifestPointer()));
        _bear(_birth());
        AskingAgent asking = AskingAgent(payable(address(agent)));
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), abi.encodeCall(AskingAgent.ask, ()));
        Inference memory job = _lastInference();
        assertEq(job.provider, rival);
        uint256 before = agent.steps();
        // The adviser, who is not the loop's provider, answers with a decision.
        _deliver(job, abi.encodeCall(AskingAgent.payOut, (payee, 0.1 ether)));
        emit log_named_uint("payee got", payee.balance);
        emit log_named_bytes("kept", asking.kept());
        emit log_named_uint("steps made by it", agent.steps() - before);
        assertEq(payee.balance, 0, "an answer to a question moves nothing");
    }

    /// A digest approved stays good: pause, tightening and the owner change nothing.
    function test_B_NobodyTakesASignatureBack() external {
        bytes32 digest = keccak256("pay the attacker");
        _step(abi.encodeCall(ProbeAgent.sign, (digest)));
        vm.startPrank(alice);
        agent.pause();
        agent.setAction(ProbeAgent.sign.selector, false);
        vm.stopPrank();
        assertEq(
            uint256(uint32(agent.isValidSignature(digest, ""))),
            uint256(0xffffffff),
            "a paused agent signs nothing"
        );
    }

    /// Everything on at once, the longest decision, the least gas: still recorded?
    function test_C_LeastGasWithEveryReason() external {
        vm.startPrank(alice);
        agent.setAction(AgentActions.stopLoop.selector, false);
        vm.stopPrank();
        _step(_batch(abi.encodeCall(ProbeAgent.sign, (bytes32("x"))), abi.encodeCall(IConsulter.consult, (1, "Why?"))));
        _deposit(address(agent), 1 ether);
        vm.startPrank(alice);
        agent.stop(loop);
        Loop memory loop_ = _birth().loop;
        loop_.outputLimit = 4_096;
        loop_.maxFee = 0.005 ether;
        vm.recordLogs();
        agent.start(loop_, 0);
        vm.stopPrank();
        loop = _lastInference();
        uint256 before = agent.steps();
        bytes memory decision = bytes.concat(abi.encodeCall(ProbeAgent.burn, ()), new bytes(4_092));
        assertTrue(_step(decision).result == IAgent.Result.Failed);
        assertEq(agent.steps(), before + 1);
        assertNotEq(_slot(loop).due(), 0);
    }

    /// What the owner sets for an order that the agent has signed: nothing. The run balance pays, budget or not.
    function test_D_ASignedOrderPassesTheBudgetBy() external {
        Task memory task;
        task.owner = address(agent);
        task.target = makeAddr("anything");
        task.timing = TimingLib.pack(0, 0, 1, 50_000, 0, 0);
        // The tip: five times the whole budget were it there; here all that is free.
        uint256 tip = 0.03 ether;
        task.pricing = PricingLib.pack(10 gwei, 1 gwei, 0, uint64(tip));
        ISignedOrders orders = ISignedOrders(everloop.ORDERS());
        uint40 start = uint40(_now());
        bytes32 digest = OrderDigest.digest(
            OrderDigest.domain(block.chainid, address(orders)), OrderDigest.ofSchedule(task, start, 1, start + 1 days)
        );
        Policy memory none = agent.policy();
        none.actionCap = 0;
        none.budget = 0;
        vm.prank(alice);
        agent.setLimits(none);
        _step(abi.encodeCall(ProbeAgent.sign, (digest)));
        // The owner sees it and does all it can.
        vm.prank(alice);
        agent.pause();
        vm.prank(keeper);
        orders.scheduleSigned(task, start, 1, start + 1 days, "");
        uint256 before = everloop.balanceOf(keeper);
        skip(10);
        vm.prank(keeper, keeper);
        everloop.execute(task);
        emit log_named_uint("keeper earned", everloop.balanceOf(keeper) - before);
        assertLe(everloop.balanceOf(keeper) - before, 0.01 ether, "nothing leaves a paused agent without a budget");
    }

    /// The loop's provider, alone: it raises its price, lets the agent ask itself, and answers.
    /// It is no recipient, the budget is zero, and it earns twelve fees in one decision.
    function test_E_TheProviderPaysItselfByAQuestion() external {
        _freeGas();
        Policy memory none = agent.policy();
        none.budget = 0;
        vm.prank(alice);
        agent.setLimits(none);
        assertFalse(agent.isRecipient(provider));
        Offer memory dear = _terms();
        dear.basePrice = 0.035 ether;
        dear.pricePerKilobyte = 0;
        vm.prank(provider);
        registry.offer(MODEL, dear);
        uint256 before = everloop.balanceOf(provider);
        vm.recordLogs();
        _deliverAs(provider, loop, _slot(loop).runs(), abi.encodeCall(IConsulter.consult, (0, "?")));
        Inference memory question = _lastInference();
        _deliver(question, "!");
        emit log_named_uint("the loop's fee", loop.pricing.fee());
        emit log_named_uint("the loop's most (maxFee)", loop.pricing.amount());
        emit log_named_uint("budget", agent.policy().budget);
        emit log_named_uint("budget counted as spent", agent.spending().current);
        emit log_named_uint("provider earned", everloop.balanceOf(provider) - before);
        assertLe(everloop.balanceOf(provider) - before, 2 * uint256(loop.pricing.amount()), "AGT-3");
    }

    /// The same with a day's budget: what was meant for the payee goes to the provider, at the cap of an action each.
    function test_F_AHostileProviderTakesTheDaysBudget() external {
        _freeGas();
        Offer memory dear = _terms();
        dear.pricePerKilobyte = 0;
        uint256 before = everloop.balanceOf(provider);
        uint256 steps;
        uint256 last;
        for (uint256 i = 0; i < 40; ++i) {
            agent.refuel();
            if (_slot(loop).due() == 0) {
                vm.prank(keeper, keeper);
                (bool ok,) = address(everloop).call(abi.encodeWithSignature("resume((address,address,uint256,bytes32,uint256,address,bytes32,bytes32))", loop));
                ok;
                if (_slot(loop).due() == 0) break;
            }
            uint256 free = everloop.freeOf(address(agent));
            uint256 gas_ = 6 gwei * 600_000;
            uint256 keep = loop.pricing.fee() + 0.0001 ether;
            if (free < gas_ + keep + 0.004 ether) break;
            dear.basePrice = uint64(free - gas_ - keep);
            vm.prank(provider);
            registry.offer(MODEL, dear);
            if (_slot(loop).due() > _now()) vm.warp(_slot(loop).due());
            vm.recordLogs();
            _deliverAs(provider, loop, _slot(loop).runs(), abi.encodeCall(IConsulter.consult, (0, "?")));
            Inference memory question = _lastInference();
            if (question.salt == loop.salt) break;
            _deliver(question, "!");
            ++steps;
            last = _now();
        }
        emit log_named_uint("steps", steps);
        emit log_named_uint("seconds", last - 1_800_000_000);
        emit log_named_uint("budget left", agent.budgetLeft());
        emit log_named_uint("provider earned", everloop.balanceOf(provider) - before);
        emit log_named_uint("at the loop's fee it had earned", (steps + 1) * loop.pricing.fee());
    }
}
