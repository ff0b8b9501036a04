// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, Task, TimingLib} from "../../contracts/types/Job.sol";

/// @notice The 63/64 attack: with falling gas, a run either gives its target all of the promised gas or never was.
contract GasAttackTest is Base {
    uint24 private constant CALLBACK = 2_700_000;
    /// What a target gets that learns of a miss.
    uint256 private constant MISS_GAS = 300_000;
    uint256 private constant FROM = 200_000;
    uint256 private constant TO = 3_400_000;
    uint256 private constant STEP = 25_000;
    /// What the target spends before it reads its gas.
    uint256 private constant ENTRY = 1_000;

    Puppet private _target = new Puppet();

    function test_SCH1_SweepOverExecute() external {
        _sweep(abi.encodeCall(IScheduler.execute, (_book(0))), keeper);
    }

    function test_SCH1_SweepOverRawExecute() external {
        _sweep(abi.encodeCall(IScheduler.execute, (_book(TimingLib.RAW))), keeper);
    }

    function test_SCH1_SweepOverDeliver() external {
        Inference memory record = _bookInference();
        _sweep(abi.encodeCall(IInferenceMarket.deliver, (record, _pinned(0), hex"01")), provider);
    }

    function test_SCH1_SweepOverExpire() external {
        Inference memory record = _bookInference();
        skip(WINDOW);
        _sweep(abi.encodeCall(IInferenceMarket.expire, (record)), keeper, MISS_GAS);
    }

    function test_SCH1_SweepOverDeliverBatch() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(_bookInference(), _pinned(0), hex"01");
        _sweep(abi.encodeCall(IInferenceMarket.deliverBatch, (answers)), provider);
    }

    function test_SCH1_SweepOverDecline() external {
        _sweep(abi.encodeCall(IInferenceMarket.decline, (_bookInference(), 0)), provider, MISS_GAS);
    }

    function test_SCH1_SweepOverResign() external {
        _sweep(abi.encodeCall(IInferenceMarket.resign, (_bookInference(_now() + INTERVAL))), provider, MISS_GAS);
    }

    /// @dev An account that delegated its code (EIP-7702) is reached by two cold accesses; the least gas that passes must
    /// still hand over all of the limit.
    /// forge-config: default.isolate = true
    function test_SCH1_DelegatedTargetGetsItsGasToo() external {
        address delegated = makeAddr("delegated");
        vm.etch(delegated, abi.encodePacked(hex"ef0100", address(_target)));
        Task memory job = _task(delegated);
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, CALLBACK, 0, 0);
        bytes memory data = abi.encodeCall(IScheduler.execute, (_schedule(job, 0)));
        (uint256 tooLittle, uint256 enough) = (uint256(CALLBACK), TO);
        while (enough - tooLittle > 20) {
            uint256 gas_ = (tooLittle + enough) / 2;
            uint256 snapshot = vm.snapshotState();
            vm.prank(keeper, keeper);
            (bool ok,) = address(everloop).call{gas: gas_}(data);
            if (ok) assertGe(Puppet(payable(delegated)).gasAtEntry() + ENTRY, CALLBACK, "exactly its gas");
            (tooLittle, enough) = ok ? (tooLittle, gas_) : (gas_, enough);
            vm.revertToState(snapshot);
        }
        assertLt(enough, TO, "with enough gas it runs");
    }

    function testFuzz_SCH1_NoGasInBetweenConsumesARun(uint256 gas_) external {
        Task memory record = _book(0);
        gas_ = bound(gas_, FROM, TO);
        _try(abi.encodeCall(IScheduler.execute, (record)), keeper, gas_);
    }

    /// @dev The second target of a batch gets its gas too, or the first has not run either.
    function testFuzz_SCH1_BatchesRunWholeOrNotAtAll(uint256 gas_) external {
        Task[] memory tasks = new Task[](2);
        Task memory first = _task(address(new Puppet()));
        first.salt = bytes32(uint256(1));
        tasks[0] = _schedule(first, 0);
        tasks[1] = _book(0);
        gas_ = bound(gas_, FROM, TO + 300_000);
        if (!_try(abi.encodeCall(IScheduler.executeBatch, (tasks)), keeper, gas_)) {
            assertEq(_slot(first).runs(), 0);
        }
    }

    function _sweep(bytes memory data, address caller) private {
        _sweep(data, caller, CALLBACK);
    }

    function _sweep(bytes memory data, address caller, uint256 promised) private {
        uint256 ran = 0;
        for (uint256 gas_ = TO; gas_ >= FROM; gas_ -= STEP) {
            uint256 snapshot = vm.snapshotState();
            if (_try(data, caller, gas_, promised)) ++ran;
            vm.revertToState(snapshot);
        }
        assertGt(ran, 0, "with enough gas it runs");
        assertLt(ran, (TO - FROM) / STEP, "with too little it does not");
    }

    function _try(bytes memory data, address caller, uint256 gas_) private returns (bool) {
        return _try(data, caller, gas_, CALLBACK);
    }

    function _try(bytes memory data, address caller, uint256 gas_, uint256 promised) private returns (bool ok) {
        vm.prank(caller, caller);
        (ok,) = address(everloop).call{gas: gas_}(data);
        if (ok) {
            assertLe(_target.gasAtEntry(), promised);
            assertGe(_target.gasAtEntry() + ENTRY, promised, "the target got exactly its gas");
        } else {
            assertEq(_target.calls(), 0, "the whole run is undone");
            assertEq(everloop.balanceOf(caller), 0, "nobody is paid");
        }
    }

    function _book(uint8 flags) private returns (Task memory) {
        Task memory job = _task(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, CALLBACK, 0, flags);
        job.data = "raw";
        return _schedule(job, 0);
    }

    function _bookInference() private returns (Inference memory) {
        return _bookInference(0);
    }

    function _bookInference(uint256 due) private returns (Inference memory) {
        Inference memory job = _inference(address(_target));
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, CALLBACK, 1_024, 0);
        return _request(job, due);
    }
}
