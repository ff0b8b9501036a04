// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {Vm, vm} from "./Vm.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {IConsulter} from "../../contracts/interfaces/IConsulter.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Birth, Choice, Loop, Policy} from "../../contracts/types/Policy.sol";
import {Offer} from "../../contracts/types/Offer.sol";

contract PocLoopTest is AgentBase {
    event log_named_uint(string key, uint256 value);
    event log_named_address(string key, address value);

    bytes private constant HOLD = abi.encodeCall(AgentActions.hold, ());
    Inference private _question;

    function _eight(uint64 price, uint256 openFirst) private returns (Choice[] memory choices) {
        Offer memory dear = _terms();
        dear.basePrice = price;
        choices = new Choice[](8);
        choices[0] = Choice(provider, MODEL_ID);
        for (uint256 i = 1; i < 7; ++i) {
            address refuses = makeAddr(vm.toString(i));
            _addProvider(refuses, STAKE);
            vm.prank(refuses);
            registry.offer(MODEL, dear);
            choices[i] = Choice(refuses, MODEL_ID);
        }
        choices[7] = Choice(rival, MODEL_ID);
        openFirst;
    }

    function _coolAll(Choice[] memory choices) private {
        choices;
        vm.cool(address(everloop));
        vm.cool(address(agent));
        vm.cool(implementation);
    }

    /// refusing at the fee, none to refuel, everything cold
    function test_A_EightRefuseAtTheFee() external {
        Choice[] memory choices = _eight(1 ether, 0);
        vm.prank(alice);
        agent.setProviders(choices);
        skip(WINDOW);
        _coolAll(choices);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        emit log_named_uint("rival open", _open(rival));
    }

    /// refusing at the fee, and refuelling is needed
    function test_B_EightRefuseAtTheFeeAndFuelIsNeeded() external {
        Choice[] memory choices = _eight(1 ether, 0);
        vm.prank(alice);
        agent.setProviders(choices);
        uint256 free = everloop.freeOf(address(agent));
        vm.prank(alice);
        agent.drain(free);
        skip(WINDOW);
        _coolAll(choices);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        emit log_named_uint("rival open", _open(rival));
    }

    /// refusing at the reservation: dear within maxFee, treasury empty, run balance pays the cheap one only.
    function test_C_EightRefuseAtTheReservation() external {
        Birth memory birth = _birth();
        birth.loop.maxFee = 0.05 ether;
        birth.runBalance = 0.2 ether;
        _bear(birth);
        Choice[] memory choices = _eight(0.04 ether, 0);
        vm.startPrank(alice);
        agent.setProviders(choices);
        uint256 worst = everloop.worstCost(loop);
        agent.drain(everloop.freeOf(address(agent)) - 2 * worst);
        agent.withdraw(address(agent).balance, alice);
        vm.stopPrank();
        skip(WINDOW);
        _coolAll(choices);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        emit log_named_uint("free before", 2 * worst);
        emit log_named_uint("rival open", _open(rival));
    }

    /// as C, with only one dear provider in between: it does move.
    function test_D_OneRefusesAtTheReservation() external {
        Birth memory birth = _birth();
        birth.loop.maxFee = 0.05 ether;
        birth.runBalance = 0.2 ether;
        _bear(birth);
        Choice[] memory eight = _eight(0.04 ether, 0);
        Choice[] memory choices = new Choice[](3);
        (choices[0], choices[1], choices[2]) = (eight[0], eight[1], eight[7]);
        vm.startPrank(alice);
        agent.setProviders(choices);
        uint256 worst = everloop.worstCost(loop);
        agent.drain(everloop.freeOf(address(agent)) - 2 * worst);
        agent.withdraw(address(agent).balance, alice);
        vm.stopPrank();
        skip(WINDOW);
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        emit log_named_uint("rival open", _open(rival));
    }

    /// The list was replaced: the first choice is asked last.
    function test_E_ReplacedListStartsAtTheSecond() external {
        address third = makeAddr("third");
        address fourth = makeAddr("fourth");
        _addProvider(third, STAKE);
        _addProvider(fourth, STAKE);
        Choice[] memory choices = new Choice[](2);
        choices[0] = Choice(third, MODEL_ID);
        choices[1] = Choice(fourth, MODEL_ID);
        vm.prank(alice);
        agent.setProviders(choices);
        skip(WINDOW);
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        emit log_named_uint("most preferred got it", _open(third));
        emit log_named_uint("second got it", _open(fourth));
        assertEq(_open(third), 1, "the most preferred provider is booked");
    }

    function _consult() private returns (Inference memory question) {
        vm.recordLogs();
        _deliverAs(loop.provider, loop, _slot(loop).runs(), abi.encodeCall(IConsulter.consult, (1, "Why?")));
        return _lastInference();
    }

    /// stop() takes the question, too: the loop goes on and the question hangs for ever.
    function test_F_StopEndsAQuestion() external {
        Inference memory question = _consult();
        skip(question.timing.window());
        vm.prank(alice);
        agent.stop(question);
        assertEq(_slot(question).commitment(), 0, "the question is gone");
        assertNotEq(_slot(loop).commitment(), 0, "the loop is not ended");
        assertEq(agent.context(), "context", "no question is open");
    }

    /// start() counts the question's reservation as the loop's.
    function test_G_StartIsRefusedWhileAQuestionIsOpen() external {
        Birth memory birth = _birth();
        birth.runBalance = uint80(2 * (everloop.worstCost(loop) + birth.loop.maxFee)) + 0.0001 ether;
        _bear(birth);
        _consult();
        emit log_named_uint("reserved with the question", _reserved(address(agent)));
        _deposit(address(agent), 1 ether);
        vm.startPrank(alice);
        agent.stop(loop);
        agent.start(birth.loop, 0);
        vm.stopPrank();
    }

    /// Who may be paid at birth is told by no event.
    function test_H_BirthTellsNothingOfThePolicy() external {
        Birth memory birth = _birth();
        vm.recordLogs();
        hoax(alice, TREASURY + birth.runBalance);
        factory.create{value: TREASURY + birth.runBalance}(implementation, "x", birth, "data");
        Vm.Log[] memory logs = vm.getRecordedLogs();
        uint256 told;
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 topic = logs[i].topics[0];
            if (
                topic == keccak256("RecipientChanged(address,bool)")
                    || topic == keccak256("LimitsChanged((uint80,uint80,uint32,uint64))")
                    || topic == keccak256("OwnerChanged(address,address)")
            ) ++told;
        }
        assertEq(told, 3, "owner, limits and recipients at birth are told");
    }

    /// readyAt goes on to name a change that is forgotten.
    function test_I_ForgottenChangeStillLooksQueued() external {
        bytes memory change = abi.encodeCall(agent.setRecipient, (makeAddr("x"), true));
        _asOwner(change);
        skip(30 days);
        assertEq(agent.readyAt(keccak256(change)), 0, "a forgotten change is not queued");
    }

    /// Its own provider serves another model of the list: a miss does not move there, and a dormant loop stays dormant.
    function test_J_AnotherModelOfTheSameProviderIsNotTried() external {
        vm.prank(provider);
        registry.offer("other@1", _terms());
        Choice[] memory choices = new Choice[](2);
        choices[0] = Choice(provider, MODEL_ID);
        choices[1] = Choice(provider, keccak256("other@1"));
        vm.prank(alice);
        agent.setProviders(choices);
        skip(WINDOW);
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.expire(loop);
        assertEq(_slot(loop).due(), _now() + HEARTBEAT, "stays");
    }

    /// A question that takes the run balance makes the loop dormant: the loop does not go on.
    function test_K_AConsultingDecisionMakesTheLoopDormant() external {
        Birth memory birth = _birth();
        birth.runBalance = uint80(2 * (everloop.worstCost(loop) + birth.loop.maxFee)) + 0.0001 ether;
        _bear(birth);
        vm.txGasPrice(9 gwei);
        uint256 dormantAt;
        for (uint256 fee = 1 gwei; fee < 10 gwei && dormantAt == 0; fee += 0.05 gwei) {
            uint256 snapshot = vm.snapshotState();
            vm.fee(fee);
            vm.txGasPrice(fee + 1 gwei);
            vm.recordLogs();
            _deliverAs(loop.provider, loop, _slot(loop).runs(), abi.encodeCall(IConsulter.consult, (1, "Why?")));
            Vm.Log[] memory logs = vm.getRecordedLogs();
            for (uint256 i = 0; i < logs.length; ++i) {
                if (logs[i].topics[0] != IInferenceMarket.InferenceRequested.selector) continue;
                (, _question,) = abi.decode(logs[i].data, (uint256, Inference, bytes));
            }
            if (_slot(loop).due() == 0) dormantAt = fee;
            else vm.revertToState(snapshot);
        }
        emit log_named_uint("dormant at a base fee of", dormantAt);
        emit log_named_uint("treasury", address(agent).balance);
        emit log_named_uint("free", everloop.freeOf(address(agent)));
        emit log_named_uint("balance", everloop.balanceOf(address(agent)));
        if (dormantAt == 0) return;
        agent.refuel();
        emit log_named_uint("free when refuelled", everloop.freeOf(address(agent)));
        vm.prank(keeper, keeper);
        (bool ok,) = address(everloop).call(abi.encodeCall(IInferenceMarket.resume, (loop)));
        emit log_named_uint("resumed", ok && _slot(loop).due() != 0 ? 1 : 0);
        skip(10 minutes);
        vm.prank(keeper, keeper);
        (ok,) = address(everloop).call(abi.encodeCall(IInferenceMarket.resume, (loop)));
        emit log_named_uint("resumed ten minutes later, question unanswered", ok && _slot(loop).due() != 0 ? 1 : 0);
        vm.prank(keeper, keeper);
        everloop.expire(_question);
        vm.prank(keeper, keeper);
        (ok,) = address(everloop).call(abi.encodeCall(IInferenceMarket.resume, (loop)));
        emit log_named_uint("resumed after the question expired", ok && _slot(loop).due() != 0 ? 1 : 0);
        assertEq(dormantAt, 0, "the loop goes on");
    }
}
