// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {Vm, vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {Inference, TimingLib} from "../../contracts/types/Job.sol";
import {PinLib, RunReport} from "../../contracts/types/Run.sol";

/// @notice Several answers of one provider in one call.
/// @dev deliverBatch, per item
/// ├─ another provider than the first's, or an owner below the one before -> skipped
/// ├─ what {deliver} refuses -> skipped, with the reason
/// └─ else as {deliver}
contract DeliverBatchTest is Base {
    Puppet private _target = new Puppet();
    /// alice and one more, in ascending order.
    address private _low;
    address private _high;

    function setUp() public override {
        super.setUp();
        address bob = makeAddr("bob");
        _deposit(bob, 10 ether);
        (_low, _high) = alice < bob ? (alice, bob) : (bob, alice);
    }

    function test_INF1_EveryAnswerIsTakenAndPaid() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](3);
        answers[0] = _answer(_low, 1);
        answers[1] = _answer(_low, 2);
        answers[2] = _answer(_high, 1);
        _freeGas();
        vm.recordLogs();
        _expect(answers, [uint256(0), 0, 0]);
        assertEq(everloop.balanceOf(provider), 3 * uint256(FEE));
        assertEq(everloop.balanceOf(_low), 10 ether - 2 * uint256(FEE));
        assertEq(everloop.balanceOf(_high), 10 ether - FEE);
        assertEq(everloop.accountOf(provider).delivered(), 3);
        assertEq(_target.calls(), 3);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(logs[i].topics[0], IInferenceMarket.InferenceDelivered.selector);
            assertEq(logs[i].topics[1], _inferenceId(answers[i].job));
            (RunReport report, bytes memory decision) = abi.decode(logs[i].data, (RunReport, bytes));
            assertEq(report.paid(), FEE);
            assertEq(report.due(), _now() + INTERVAL);
            assertEq(decision, answers[i].decision);
        }
    }

    function test_EmptyBatchDoesNothing() external {
        vm.recordLogs();
        vm.prank(provider, provider);
        assertEq(everloop.deliverBatch(new IInferenceMarket.Answer[](0)).length, 0);
        assertEq(vm.getRecordedLogs().length, 0);
    }

    function test_INF1_AnswersThatAreNotBookedAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        answers[1].job.pricing = answers[1].job.pricing.withFee(1 ether);
        _expectSkipped(answers, IInferenceMarket.Refusal.NotBooked);
    }

    function test_INF5_AnswersForAnotherRunAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        answers[1].pin = _pinned(1);
        _expectSkipped(answers, IInferenceMarket.Refusal.WrongRun);
    }

    function test_AnswersBeforeTheWindowAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        answers[1] = _answer(_low, 77, _now() + 1);
        _expectSkipped(answers, IInferenceMarket.Refusal.OutsideWindow);
    }

    function test_AnswersAfterTheWindowAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](3);
        answers[1] = _answer(_low, 2);
        skip(WINDOW);
        answers[0] = _answer(_low, 1);
        answers[2] = _answer(_high, 3);
        _expectSkipped(answers, IInferenceMarket.Refusal.OutsideWindow);
    }

    function test_AnswersThatAreTooLongAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        answers[1].decision = new bytes(1_025);
        _expectSkipped(answers, IInferenceMarket.Refusal.TooLong);
    }

    function test_AnswersOnAnUnknownBlockAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        (uint64 number,) = _pinnedBlock();
        answers[1].pin = PinLib.pack(0, number, bytes32(uint256(1)));
        _expectSkipped(answers, IInferenceMarket.Refusal.WrongPinnedBlock);
    }

    function test_INF2_AnswersOfAnotherProviderAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = _three();
        Inference memory job = _inference(address(_target));
        (job.owner, job.provider, job.salt) = (_low, rival, "rival's");
        answers[1].job = _request(job, 0);
        vm.prank(rival);
        everloop.authorise(provider, true);
        _expectSkipped(answers, IInferenceMarket.Refusal.NotProvider);
    }

    function test_INF2_StrangersAnswerNothing() external {
        IInferenceMarket.Answer[] memory answers = _three();
        vm.prank(rival);
        IInferenceMarket.Refusal[] memory refusals = everloop.deliverBatch(answers);
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(refusals[i] == IInferenceMarket.Refusal.NotProvider);
            assertEq(_slot(answers[i].job).runs(), 0);
        }
        assertEq(everloop.balanceOf(provider), 0);
        assertEq(everloop.balanceOf(rival), 0);
    }

    function test_OwnersBelowTheOneBeforeAreLeftOut() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](3);
        answers[0] = _answer(_high, 1);
        answers[1] = _answer(_low, 2);
        answers[2] = _answer(_high, 3);
        _expectSkipped(answers, IInferenceMarket.Refusal.Unsorted);
    }

    /// @dev What is left out moves no line: the next item stands behind the last that was taken.
    function test_OrderCountsOnlyWhatIsTaken() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](3);
        answers[0] = _answer(_low, 1);
        answers[1] = _answer(_high, 2);
        answers[1].decision = new bytes(1_025);
        answers[2] = _answer(_low, 3);
        _expect(answers, [uint256(IInferenceMarket.Refusal.None), uint256(IInferenceMarket.Refusal.TooLong), 0]);
    }

    function test_INF1_INF4_OneRunIsTakenOnce() external {
        IInferenceMarket.Answer[] memory answers = _three();
        answers[1] = answers[0];
        _freeGas();
        _expect(answers, [uint256(0), uint256(IInferenceMarket.Refusal.WrongRun), 0]);
        assertEq(everloop.balanceOf(provider), 2 * uint256(FEE));
        assertEq(_slot(answers[0].job).runs(), 1);
    }

    /// @dev Even a callback that makes the next item impossible costs only its own owner.
    function test_INF1_HostileCallbacksDoNotBlockTheBatch() external {
        for (uint256 mode = 0; mode <= uint256(type(Puppet.Mode).max); ++mode) {
            uint256 snapshot = vm.snapshotState();
            Puppet hostile = new Puppet();
            hostile.setEnd(Puppet.Mode(mode), 0);
            IInferenceMarket.Answer[] memory answers = _three();
            Inference memory job = _inference(address(hostile));
            (job.owner, job.salt) = (_low, "hostile");
            job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 1_000_000, 1_024, 0);
            answers[1].job = _request(job, 0);
            hostile.addStep(address(everloop), abi.encodeCall(IInferenceMarket.deliverBatch, (answers)));
            hostile.addStep(address(everloop), abi.encodeCall(IInferenceMarket.cancelInference, (answers[2].job)));
            uint256 gas_ = gasleft();
            _expect(answers, [uint256(0), 0, 0]);
            gas_ -= gasleft();
            assertGe(everloop.balanceOf(provider), 3 * uint256(FEE));
            if (Puppet.Mode(mode) == Puppet.Mode.Burn) {
                assertGe(everloop.balanceOf(provider), 3 * uint256(FEE) + 1_000_000 * 2 gwei, "its owner pays");
            }
            vm.revertToState(snapshot);
        }
    }

    /// @dev The owner of two items takes its free money out between them: both are reserved.
    function test_INF3_WithdrawingBetweenTwoItemsLeavesThePay() external {
        Puppet client = new Puppet();
        _deposit(address(client), 1 ether);
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](2);
        for (uint256 i = 0; i < 2; ++i) {
            Inference memory job = _inference(address(client));
            (job.owner, job.salt) = (address(client), bytes32(i));
            answers[i] = IInferenceMarket.Answer(_request(job, 0), _pinned(0), "a");
        }
        uint256 free = everloop.freeOf(address(client));
        client.addStep(address(everloop), abi.encodeCall(everloop.withdraw, (free, address(7))));
        vm.prank(provider, provider);
        everloop.deliverBatch(answers);
        assertEq(address(7).balance, free);
        assertGe(everloop.balanceOf(provider), 2 * uint256(FEE));
        assertEq(everloop.balanceOf(address(client)) + everloop.balanceOf(provider), 1 ether - free);
        assertEq(_slot(answers[0].job).due(), 0, "dormant: nothing was free for its next run");
        assertEq(_slot(answers[1].job).due(), _now() + INTERVAL, "what the first released pays the second");
        assertEq(_reserved(address(client)), everloop.worstCost(answers[1].job));
        assertEq(_open(provider), 1);
    }

    function _answer(address owner, uint256 salt) private returns (IInferenceMarket.Answer memory) {
        return _answer(owner, salt, 0);
    }

    function _answer(address owner, uint256 salt, uint256 due) private returns (IInferenceMarket.Answer memory answer) {
        Inference memory job = _inference(address(_target));
        (job.owner, job.salt) = (owner, bytes32(salt));
        answer.job = _request(job, due);
        answer.pin = _pinned(0);
        answer.decision = abi.encode(owner, salt);
    }

    function _three() private returns (IInferenceMarket.Answer[] memory answers) {
        answers = new IInferenceMarket.Answer[](3);
        answers[0] = _answer(_low, 1);
        answers[1] = _answer(_low, 2);
        answers[2] = _answer(_high, 3);
    }

    function _expect(IInferenceMarket.Answer[] memory answers, uint256[3] memory refusals) private {
        vm.prank(provider, provider);
        IInferenceMarket.Refusal[] memory seen = everloop.deliverBatch(answers);
        for (uint256 i = 0; i < 3; ++i) {
            assertEq(uint256(seen[i]), refusals[i]);
        }
    }

    /// @dev The second of three is left out for `refusal` and stays as it is; the others are taken.
    function _expectSkipped(IInferenceMarket.Answer[] memory answers, IInferenceMarket.Refusal refusal) private {
        bytes32 before = keccak256(abi.encode(_slot(answers[1].job)));
        _freeGas();
        vm.expectEmit(address(everloop));
        emit IInferenceMarket.DeliverySkipped(_inferenceId(answers[1].job), provider, refusal);
        _expect(answers, [uint256(0), uint256(refusal), 0]);
        assertEq(keccak256(abi.encode(_slot(answers[1].job))), before);
        assertEq(everloop.balanceOf(provider), 2 * uint256(FEE), "the others are paid");
        assertEq(_slot(answers[0].job).runs(), 1);
        assertEq(_slot(answers[2].job).runs(), 1);
        assertEq(_target.calls(), 2);
    }
}
