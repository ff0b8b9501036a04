// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {Meter} from "./Meter.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {CounterTask} from "../../contracts/examples/CounterTask.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {vm} from "./Vm.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice [SCH-4] charged gas is within 0 .. +5 % of the gas used before refunds.
/// @dev {setUp} brings every job to its steady state; see {Meter} for how it is measured.
contract MeteringTest is AgentBase, Meter {
    uint256 private constant ROUNDS = 3;
    uint256 private constant BOUNTY = 0.001 ether;
    /// Bytes of a task's data.
    uint256 private constant MOST_DATA = 448;

    Inference private _plain;
    Inference private _lost;
    Inference private _dormant;
    Task[] private _tasks;
    Task private _raw;
    Task private _data;
    Task private _idle;
    address private _key = makeAddr("key");
    uint256 private _due;
    uint256 private _keeperBefore;
    uint256 private _providerBefore;
    Pin private _pin;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(keeper, 1);
        vm.prank(provider, provider);
        everloop.authorise(_key, true);
        _bookAll();
        for (uint256 i = 0; i < ROUNDS; ++i) {
            _runAll(i);
            skip(INTERVAL);
        }
        _pin = _pinned(uint32(ROUNDS));
        _due = _now();
        _keeperBefore = everloop.balanceOf(keeper);
        _providerBefore = everloop.balanceOf(provider);
    }

    function test_SCH4_TaskRun() external {
        _asKeeper(abi.encodeCall(IScheduler.execute, (_tasks[0])), 0);
    }

    function test_SCH4_RawTaskRun() external {
        _asKeeper(abi.encodeCall(IScheduler.execute, (_raw)), 0);
    }

    function test_SCH4_BatchOfTenTasks() external {
        _asKeeper(abi.encodeCall(IScheduler.executeBatch, (_tasks)), 0);
    }

    /// @dev The call-data floor of EIP-7623 stays below what is paid.
    function test_SCH4_TaskWithTheMostData() external {
        bytes memory call_ = abi.encodeCall(IScheduler.execute, (_data));
        (uint256 used, uint256 tokens) = _send(keeper, address(everloop), call_);
        uint256 floor = 21_000 + 10 * tokens;
        uint256 paid = everloop.balanceOf(keeper) - _keeperBefore;
        assertGe(paid, used > floor ? used : floor, "the keeper does not lose by data");
    }

    function test_SCH4_AgentStep() external {
        _asProvider(loop, _bump(1));
    }

    function test_SCH4_AgentHolds() external {
        _asProvider(loop, abi.encodeCall(AgentActions.hold, ()));
    }

    function test_SCH4_PlainDeliveryWithALongAnswer() external {
        _asProvider(_plain, bytes.concat(_text(), _text(), _text(), _text()));
    }

    /// @dev Eight kilobytes cost the call-data floor of EIP-7623, more than what they make the chain do.
    function test_SCH3_DeliveryOfAVeryLongAnswerIsPaidTheCallDataFloor() external {
        Inference memory job = _inference(address(0x1234));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 8_192, 0);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0.01 ether);
        job.salt = "long";
        Inference memory record = _request(job, 0);
        bytes memory answer = new bytes(8_192);
        for (uint256 i = 0; i < answer.length; ++i) {
            answer[i] = "x";
        }
        bytes memory data = abi.encodeCall(IInferenceMarket.deliver, (record, _pinned(0), answer));
        uint256 before = everloop.balanceOf(provider);
        vm.prank(provider, provider);
        (bool ok,) = address(everloop).call(data);
        assertTrue(ok);
        uint256 charged = everloop.balanceOf(provider) - before - record.pricing.fee();
        uint256 least = 21_000 + _probe.callDataGas(data) / 4 * 10;
        assertGe(charged, least, "charged >= the floor");
        assertLe(charged, least * 105 / 100, "charged <= 105 % of it");
    }

    function test_SCH4_PlainDeliveryWithAShortAnswer() external {
        _asProvider(_plain, "yes");
    }

    /// @dev Looking a key up is gas like any other.
    function test_SCH4_PlainDeliveryByAKey() external {
        bytes memory call_ = abi.encodeCall(IInferenceMarket.deliver, (_plain, _pin, "yes"));
        (uint256 used,) = _send(_key, address(everloop), call_);
        _compare(everloop.balanceOf(provider) - _providerBefore - _plain.pricing.fee(), used);
    }

    function test_SCH4_TaskWithoutDataOrCode() external {
        _asKeeper(abi.encodeCall(IScheduler.execute, (_idle)), 0);
    }

    function test_SCH4_ExpiryThatMovesAnAgent() external {
        vm.warp(_due + WINDOW);
        _asKeeper(abi.encodeCall(IInferenceMarket.expire, (_lost)), BOUNTY);
    }

    function test_SCH4_ExpiryWithoutCallback() external {
        vm.warp(_due + WINDOW);
        _asKeeper(abi.encodeCall(IInferenceMarket.expire, (_plain)), BOUNTY);
    }

    function test_SCH4_ResumeOfAnAgent() external {
        _asKeeper(abi.encodeCall(IInferenceMarket.resume, (_dormant)), 0);
    }

    function test_SCH3_ALostRaceCostsAtMost40kGas() external {
        vm.warp(_due - 1);
        (uint256 used,) = _send(keeper, address(everloop), abi.encodeCall(IScheduler.execute, (_tasks[0])));
        assertLe(used, 40_000);
        vm.warp(_due + WINDOW);
        _plain.salt = "nobody's";
        (used,) = _send(keeper, address(everloop), abi.encodeCall(IInferenceMarket.expire, (_plain)));
        assertLe(used, 40_000);
    }

    function _asKeeper(bytes memory call_, uint256 bounty) private {
        (uint256 used,) = _send(keeper, address(everloop), call_);
        _compare(everloop.balanceOf(keeper) - _keeperBefore - bounty, used);
    }

    function _asProvider(Inference memory job, bytes memory decision) private {
        bytes memory call_ = abi.encodeCall(IInferenceMarket.deliver, (job, _pin, decision));
        (uint256 used,) = _send(provider, address(everloop), call_);
        _compare(everloop.balanceOf(provider) - _providerBefore - job.pricing.fee(), used);
    }

    function _bookAll() private {
        for (uint256 i = 0; i < 10; ++i) {
            Task memory job = _noTip(_create("CounterTask.sol:CounterTask", abi.encode(everloop, alice)));
            job.salt = keccak256(abi.encode("task", i));
            _tasks.push(_schedule(job, 0));
        }
        Task memory raw = _noTip(_create("CounterTask.sol:CounterTask", abi.encode(everloop, alice)));
        raw.salt = keccak256("raw");
        raw.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, TimingLib.RAW);
        raw.data = abi.encodeCall(CounterTask.tick, ());
        _raw = _schedule(raw, 0);
        Task memory data = _noTip(address(0x1234567));
        data.salt = keccak256("data");
        data.data = _cut(abi.encodePacked(_text(), _text()), MOST_DATA);
        _data = _schedule(data, 0);
        data.salt = keccak256("idle");
        data.data = "";
        _idle = _schedule(data, 0);
        Inference memory plain = _inference(address(0x1234567));
        plain.salt = keccak256("plain");
        plain.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        _plain = _request(plain, 0);
        _bear(_birth());
        _lost = loop;
        _bear(_birth());
        _dormant = loop;
        _bear(_birth());
    }

    function _runAll(uint256 round) private {
        vm.startPrank(keeper);
        everloop.executeBatch(_tasks);
        everloop.execute(_raw);
        everloop.execute(_data);
        everloop.execute(_idle);
        vm.stopPrank();
        _deliver(_plain, _text());
        _deliver(_lost, _bump(1));
        if (round == ROUNDS - 1) {
            uint256 free = everloop.freeOf(_dormant.owner);
            vm.prank(_dormant.owner);
            everloop.withdraw(free, _dormant.owner);
        }
        _deliver(_dormant, _bump(1));
        _deliver(loop, _bump(1));
    }

    function _cut(bytes memory text, uint256 length) private pure returns (bytes memory) {
        assembly ("memory-safe") {
            mstore(text, length)
        }
        return text;
    }

    function _noTip(address target) private view returns (Task memory job) {
        job = _task(target);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
    }
}
