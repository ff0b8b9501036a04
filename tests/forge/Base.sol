// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Test} from "./Test.sol";
import {Vm, vm} from "./Vm.sol";
import {IAgentFactory} from "../../contracts/interfaces/IAgentFactory.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {IScheduler} from "../../contracts/interfaces/IScheduler.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";
import {Offer} from "../../contracts/types/Offer.sol";
import {Pin, PinLib, RunReport} from "../../contracts/types/Run.sol";

/// @notice One engine with its registry and factory, two providers, a funded owner and a keeper.
/// @dev Contracts come from their artifacts, so that no test compiles them again. Time is read through cheatcodes, since
/// the optimizer takes `block.timestamp` for constant within a function.
abstract contract Base is Test {
    string internal constant MODEL = "probe@1";
    bytes32 internal constant MODEL_ID = keccak256("probe@1");
    uint64 internal constant BASE_PRICE = 0.001 ether;
    uint56 internal constant KILOBYTE_PRICE = 0.0005 ether;
    /// outputLimit 1,024 costs one kilobyte.
    uint64 internal constant FEE = BASE_PRICE + KILOBYTE_PRICE;
    uint48 internal constant MAX_GAS_PRICE = 10 gwei;
    uint256 internal constant STAKE = 0.5 ether;
    uint32 internal constant INTERVAL = 60;
    uint32 internal constant HEARTBEAT = 600;
    uint24 internal constant WINDOW = 100;

    /// What an {InferenceDelivered} says.
    struct Delivered {
        uint32 run;
        IInferenceMarket.Ending ending;
        uint40 due;
        uint256 paid;
        bytes decision;
    }

    /// What a {TaskExecuted} says.
    struct Executed {
        uint32 run;
        IScheduler.Outcome outcome;
        uint40 due;
        uint256 paid;
    }

    IEverloop internal everloop;
    IProviderRegistry internal registry;
    IAgentFactory internal factory;
    address internal governor = makeAddr("governor");
    address internal alice = makeAddr("alice");
    address internal keeper = makeAddr("keeper");
    address internal staker = makeAddr("staker");
    address internal provider = makeAddr("provider");
    address internal rival = makeAddr("rival");

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        vm.roll(1_000);
        vm.fee(1 gwei);
        vm.txGasPrice(2 gwei);
        _deployEngine(0);
        _addProvider(provider, STAKE);
        _addProvider(rival, STAKE);
        _deposit(alice, 10 ether);
    }

    function _deployEngine(uint256 whitelistDelay) internal {
        _deployEngine(whitelistDelay, address(0), 0, address(0));
    }

    function _deployEngine(uint256 whitelistDelay, address dataFee, uint256 protocolBps, address receiver) internal {
        address predicted = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        registry = IProviderRegistry(
            _create("ProviderRegistry.sol:ProviderRegistry", abi.encode(predicted, governor, whitelistDelay))
        );
        everloop =
            IEverloop(_create("Everloop.sol:Everloop", abi.encode(address(registry), dataFee, protocolBps, receiver)));
        assertEq(predicted, address(everloop), "the address was predicted");
        factory = IAgentFactory(_create("AgentFactory.sol:AgentFactory", ""));
    }

    function _create(string memory artifact, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 32), mload(code))
        }
        require(made != address(0), "the constructor reverts");
    }

    function _addProvider(address account, uint256 stake) internal {
        vm.prank(account);
        registry.register(staker);
        vm.prank(governor);
        registry.whitelist(account);
        hoax(staker, stake);
        registry.stake{value: stake}(account);
        vm.startPrank(account);
        registry.offer(MODEL, _terms());
        registry.serve(true);
        vm.stopPrank();
    }

    function _terms() internal pure returns (Offer memory) {
        return Offer({
            basePrice: BASE_PRICE,
            pricePerKilobyte: KILOBYTE_PRICE,
            minMaxGasPrice: 1 gwei,
            latency: 5,
            minWindow: 20,
            maxCallbackGas: 3_000_000,
            features: 0
        });
    }

    function _deposit(address account, uint256 amount) internal {
        vm.deal(address(this), address(this).balance + amount);
        everloop.deposit{value: amount}(account);
    }

    // Records

    function _task(address target) internal view returns (Task memory task) {
        task.owner = alice;
        task.target = target;
        task.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 200_000, 0, 0);
        task.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0.01 ether);
    }

    /// @dev As its owner writes it: without the fee.
    function _inference(address target) internal view returns (Inference memory job) {
        job.owner = alice;
        job.target = target;
        job.provider = provider;
        job.modelId = MODEL_ID;
        job.timing = TimingLib.pack(INTERVAL, HEARTBEAT, WINDOW, 300_000, 1_024, 0);
        job.pricing = PricingLib.pack(MAX_GAS_PRICE, 1 gwei, 0, 0.002 ether);
    }

    function _schedule(Task memory task, uint256 due) internal returns (Task memory) {
        vm.prank(task.owner);
        everloop.schedule(task, uint40(due));
        return task;
    }

    /// @return record The record as booked, its fee filled in.
    function _request(Inference memory job, uint256 due) internal returns (Inference memory record) {
        vm.recordLogs();
        vm.prank(job.owner);
        everloop.request(job, "", uint40(due));
        return _lastInference();
    }

    function _update(Inference memory old, Inference memory job, uint256 due)
        internal
        returns (Inference memory record)
    {
        vm.recordLogs();
        vm.prank(old.owner);
        everloop.updateInference(old, job, "", uint40(due));
        return _lastInference();
    }

    /// @dev The record in the newest {TaskScheduled} since `vm.recordLogs`.
    function _lastTask() internal returns (Task memory record) {
        bytes memory data = _newest(vm.getRecordedLogs(), IScheduler.TaskScheduled.selector).data;
        (, record) = abi.decode(data, (JobSlot, Task));
    }

    /// @dev The record in the newest {InferenceRequested} since `vm.recordLogs`.
    function _lastInference() internal returns (Inference memory record) {
        bytes memory data = _newest(vm.getRecordedLogs(), IInferenceMarket.InferenceRequested.selector).data;
        (, record,) = abi.decode(data, (JobSlot, Inference, bytes));
    }

    /// @dev A booked record as its owner writes it.
    function _unpriced(Inference memory record) internal pure returns (Inference memory job) {
        job = abi.decode(abi.encode(record), (Inference));
        job.pricing = job.pricing.withFee(0);
    }

    // Runs

    function _execute(Task memory task) internal returns (Executed memory done) {
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.execute(task);
        RunReport report = abi.decode(_newest(vm.getRecordedLogs(), IScheduler.TaskExecuted.selector).data, (RunReport));
        return Executed(report.run(), IScheduler.Outcome(report.ending()), report.due(), report.paid());
    }

    /// @dev The outcome of a task that {executeBatch} leaves out or runs.
    function _outcome(Task memory task) internal returns (IScheduler.Outcome) {
        vm.prank(keeper, keeper);
        return everloop.executeBatch(_only(task))[0];
    }

    function _deliver(Inference memory job, bytes memory decision) internal returns (Delivered memory) {
        vm.recordLogs();
        _deliverAs(job.provider, job, _slot(job).runs(), decision);
        return _lastDelivered();
    }

    function _deliverAs(address caller, Inference memory job, uint32 run, bytes memory decision) internal {
        Pin pin = _pinned(run);
        vm.prank(caller, caller);
        everloop.deliver(job, pin, decision);
    }

    function _lastDelivered() internal returns (Delivered memory done) {
        bytes memory data = _newest(vm.getRecordedLogs(), IInferenceMarket.InferenceDelivered.selector).data;
        RunReport report;
        (report, done.decision) = abi.decode(data, (RunReport, bytes));
        (done.run, done.due, done.paid) = (report.run(), report.due(), report.paid());
        done.ending = IInferenceMarket.Ending(report.ending());
    }

    /// @return keeperPaid wei credited to the keeper, bounty included
    function _expire(Inference memory job) internal returns (uint256 keeperPaid) {
        vm.recordLogs();
        vm.prank(keeper, keeper);
        everloop.expire(job);
        bytes memory data = _newest(vm.getRecordedLogs(), IInferenceMarket.InferenceExpired.selector).data;
        (RunReport report,) = abi.decode(data, (RunReport, address));
        return report.paid();
    }

    function _newest(Vm.Log[] memory logs, bytes32 topic) internal pure returns (Vm.Log memory) {
        for (uint256 i = logs.length; i > 0; --i) {
            if (logs[i - 1].topics.length != 0 && logs[i - 1].topics[0] == topic) return logs[i - 1];
        }
        revert("no such event");
    }

    function _only(Task memory task) internal pure returns (Task[] memory tasks) {
        tasks = new Task[](1);
        tasks[0] = task;
    }

    /// @dev The newest block whose hash is known, pinned for `run`.
    function _pinned(uint32 run) internal returns (Pin) {
        (uint64 number, bytes32 hash) = _pinnedBlock();
        return PinLib.pack(run, number, hash);
    }

    /// @dev The newest block whose hash is known, and its hash.
    function _pinnedBlock() internal returns (uint64 number, bytes32 hash) {
        number = uint64(vm.getBlockNumber() - 1);
        hash = keccak256(abi.encode("block", number));
        vm.setBlockhash(number, hash);
    }

    // Views

    function _now() internal view returns (uint256) {
        return vm.getBlockTimestamp();
    }

    function _bucket(uint256 due) internal pure returns (uint256) {
        return due / 1 hours;
    }

    function _taskId(Task memory task) internal view returns (bytes32) {
        return keccak256(abi.encode(uint256(0), block.chainid, address(everloop), task.owner, task.salt));
    }

    function _inferenceId(Inference memory job) internal view returns (bytes32) {
        return keccak256(abi.encode(uint256(1), block.chainid, address(everloop), job.owner, job.salt));
    }

    function _slot(Task memory task) internal view returns (JobSlot) {
        return everloop.slotOf(_taskId(task));
    }

    function _slot(Inference memory job) internal view returns (JobSlot) {
        return everloop.slotOf(_inferenceId(job));
    }

    function _reserved(address account) internal view returns (uint256) {
        return everloop.accountOf(account).reserved();
    }

    function _open(address account) internal view returns (uint256) {
        return everloop.accountOf(account).open();
    }

    /// @dev From here on gas costs nothing, so that pay is exactly fee or tip.
    function _freeGas() internal {
        vm.fee(0);
        vm.txGasPrice(0);
    }

    function _withdrawAll(address account) internal {
        uint256 free = everloop.freeOf(account);
        vm.prank(account);
        everloop.withdraw(free, account);
    }
}
