// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {Pin} from "../../contracts/types/Run.sol";

/// @notice A contract that makes many calls in one transaction.
contract Caller {
    function callAll(address to, bytes[] calldata calls) external returns (uint256 gasUsed) {
        gasUsed = gasleft();
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool ok,) = to.call(calls[i]);
            require(ok);
        }
        gasUsed -= gasleft();
    }
}

/// @notice [SCH-4] many calls in one transaction, where all accounts are warm from the second on, earn no more than they
/// cost: at most 5 % above the gas used. What a contract calls with need not have been sent, so no call data is paid.
contract ManyCallsTest is AgentBase {
    uint256 private constant COUNT = 20;
    uint256 private constant BOUNTY = 0.001 ether;

    Caller private _caller = new Caller();
    Task[] private _tasks;
    Inference[] private _questions;
    bytes[] private _calls;

    function setUp() public override {
        super.setUp();
        vm.fee(1);
        vm.txGasPrice(1);
        _deposit(address(_caller), 1);
        _addProvider(address(_caller), STAKE);
        for (uint256 i = 0; i < COUNT; ++i) {
            _bookTask(i);
            _bookQuestion(i);
        }
        skip(INTERVAL);
    }

    function test_SCH4_ManyExecutesInOneTransaction() external {
        for (uint256 i = 0; i < COUNT; ++i) {
            _calls.push(abi.encodeCall(IScheduler.execute, (_tasks[i])));
        }
        _assertFair(0);
    }

    function test_SCH4_ManyDeliveriesInOneTransaction() external {
        Pin pin = _pinned(1);
        for (uint256 i = 0; i < COUNT; ++i) {
            _calls.push(abi.encodeCall(IInferenceMarket.deliver, (_questions[i], pin, "yes")));
        }
        _assertFair(COUNT * uint256(_questions[0].pricing.fee()));
    }

    function test_SCH4_ManyExpiriesInOneTransaction() external {
        skip(WINDOW);
        for (uint256 i = 0; i < COUNT; ++i) {
            _calls.push(abi.encodeCall(IInferenceMarket.expire, (_questions[i])));
        }
        _assertFair(COUNT * BOUNTY);
    }

    function _assertFair(uint256 besidesGas) private {
        uint256 before = everloop.balanceOf(address(_caller));
        uint256 used = 21_000 + _caller.callAll(address(everloop), _calls);
        uint256 charged = everloop.balanceOf(address(_caller)) - before - besidesGas;
        assertLe(charged, used * 105 / 100, "charged <= 105 % of used");
        assertGe(charged, used * 85 / 100, "and not far below it");
    }

    function _bookTask(uint256 i) private {
        Task memory job = _task(_create("CounterTask.sol:CounterTask", abi.encode(everloop, alice)));
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0);
        job.salt = keccak256(abi.encode("task", i));
        _tasks.push(_schedule(job, 0));
        vm.prank(keeper, keeper);
        everloop.execute(_tasks[i]);
    }

    function _bookQuestion(uint256 i) private {
        Inference memory job = _inference(address(0x1234));
        job.provider = address(_caller);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 0, 1_024, 0);
        job.salt = keccak256(abi.encode("question", i));
        _questions.push(_request(job, 0));
        _deliver(_questions[i], "yes");
    }
}
