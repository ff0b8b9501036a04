// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Puppet} from "./Puppet.sol";
import {Vm, vm} from "../Vm.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {IInferenceMarket} from "../../../contracts/interfaces/IInferenceMarket.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {Job, PricingLib, TimingLib} from "../../../contracts/types/Job.sol";

/// @notice Moves the engine at random, as many actors would, and keeps account beside it.
/// @dev Every call either does something or returns; it reverts only if the engine does what it should not.
contract Handler {
    uint256 private constant JOBS = 6;
    bytes32 private constant MODEL_ID = keccak256("probe@1");

    IEverloop private immutable _EVERLOOP;
    IProviderRegistry private immutable _REGISTRY;
    address private immutable _KEEPER;

    address[] public providers;
    Puppet[] public owners;

    /// Records as booked; the first {JOBS} are inferences, the others tasks.
    mapping(uint256 index => Job record) private _records;
    /// Highest run number seen of an id.
    mapping(bytes32 id => uint256 runs) public ghostRuns;
    /// Set where a run number went back or an (id, run) ended twice.
    bool public broken;
    /// Successful calls by name, so that a test can see that a campaign reaches them.
    mapping(string call => uint256 count) public done;
    mapping(bytes32 id => mapping(uint256 run => bool ended)) private _ended;

    constructor(IEverloop everloop, address[] memory providers_, address keeper) {
        _EVERLOOP = everloop;
        _REGISTRY = IProviderRegistry(everloop.REGISTRY());
        _KEEPER = keeper;
        providers = providers_;
        for (uint256 i = 0; i < 2 * JOBS; ++i) {
            owners.push(new Puppet());
        }
    }

    receive() external payable {}

    function jobCount() external pure returns (uint256) {
        return 2 * JOBS;
    }

    function record(uint256 index) external view returns (Job memory) {
        return _records[index];
    }

    function deposit(uint256 who, uint256 amount) external {
        amount = amount % 0.1 ether;
        vm.deal(address(this), amount);
        _EVERLOOP.deposit{value: amount}(address(owners[who % owners.length]));
    }

    function withdraw(uint256 who, uint256 share) external {
        address owner = address(owners[who % owners.length]);
        uint256 free = _EVERLOOP.freeOf(owner);
        uint256 amount = share % 3 == 0 ? free : free * (share % 101) / 100;
        vm.prank(owner);
        _EVERLOOP.withdraw(amount, _KEEPER);
    }

    function forceEther(uint256 amount) external {
        vm.deal(address(_EVERLOOP), address(_EVERLOOP).balance + amount % 1 ether);
    }

    function pass(uint256 seconds_) external {
        vm.warp(vm.getBlockTimestamp() + 1 + seconds_ % 700);
        vm.roll(vm.getBlockNumber() + 1);
    }

    function behave(uint256 who, uint256 mode, uint256 word) external {
        owners[who % owners.length].setEnd(Puppet.Mode(mode % 4), word % 3 == 0 ? word : type(uint256).max - word % 3);
    }

    function book(uint256 index, uint256 seed) external {
        index %= 2 * JOBS;
        Job memory job = _draft(index, seed);
        if (_EVERLOOP.slotOf(_idOf(index, job)).commitment() != 0) return;
        uint40 due = uint40(vm.getBlockTimestamp() + seed % 300);
        vm.recordLogs();
        vm.prank(job.owner);
        if (index < JOBS) {
            try _EVERLOOP.request(job, "", due) {}
            catch {
                return;
            }
            (,, job,) = abi.decode(_newest().data, (uint32, uint40, Job, bytes));
        } else {
            _EVERLOOP.schedule(job, due);
            (,, job) = abi.decode(_newest().data, (uint32, uint40, Job));
        }
        _records[index] = job;
        _see(index);
    }

    function cancel(uint256 index) external {
        index %= 2 * JOBS;
        Job memory job = _records[index];
        vm.prank(job.owner);
        if (index < JOBS) {
            try _EVERLOOP.cancelInference(job) {
                ++done["cancel"];
            } catch {}
        } else {
            try _EVERLOOP.cancel(job.salt) {} catch {}
        }
        _see(index);
    }

    /// @dev A target that cancels its own job inside its next run.
    function arm(uint256 index) external {
        index %= 2 * JOBS;
        Job memory job = _records[index];
        if (job.owner == address(0)) return;
        Puppet owner = owners[index];
        owner.clearScript();
        bytes memory data = index < JOBS
            ? abi.encodeCall(IInferenceMarket.cancelInference, (job))
            : abi.encodeCall(IScheduler.cancel, (job.salt));
        owner.addStep(address(_EVERLOOP), data);
    }

    function disarm(uint256 index) external {
        owners[index % (2 * JOBS)].clearScript();
    }

    function execute(uint256 first) external {
        Job[] memory jobs = new Job[](JOBS);
        for (uint256 i = 0; i < JOBS; ++i) {
            jobs[i] = _records[JOBS + (first % JOBS + i) % JOBS];
        }
        vm.prank(_KEEPER);
        IScheduler.Outcome[] memory outcomes = _EVERLOOP.execute(jobs);
        for (uint256 i = 0; i < JOBS; ++i) {
            if (outcomes[i] == IScheduler.Outcome.Succeeded) ++done["execute"];
            _see(JOBS + i);
        }
    }

    function deliver(uint256 index, bytes calldata decision) external {
        index %= JOBS;
        Job memory job = _records[index];
        bytes32 id = _idOf(index, job);
        uint32 run = _EVERLOOP.slotOf(id).runs();
        uint64 pinned = uint64(vm.getBlockNumber() - 1);
        vm.setBlockhash(pinned, bytes32(uint256(1)));
        vm.prank(job.provider);
        try _EVERLOOP.deliver(job, run, pinned, bytes32(uint256(1)), decision) {
            _end(id, run);
            ++done["deliver"];
        } catch {}
        _see(index);
    }

    function expire(uint256 index) external {
        index %= JOBS;
        Job memory job = _records[index];
        bytes32 id = _idOf(index, job);
        uint32 run = _EVERLOOP.slotOf(id).runs();
        vm.prank(_KEEPER);
        try _EVERLOOP.expire(job) {
            _end(id, run);
            ++done["expire"];
        } catch {}
        _see(index);
    }

    function resume(uint256 index) external {
        index %= JOBS;
        vm.prank(_KEEPER);
        try _EVERLOOP.resume(_records[index]) {
            ++done["resume"];
        } catch {}
        _see(index);
    }

    function serve(uint256 who, bool serving) external {
        vm.prank(providers[who % providers.length]);
        try _REGISTRY.serve(serving) {} catch {}
    }

    function stake(uint256 who, uint256 amount) external {
        amount %= 0.05 ether;
        vm.deal(address(this), amount);
        _REGISTRY.stake{value: amount}(providers[who % providers.length]);
    }

    function unbond(uint256 who, uint256 amount) external {
        address provider = providers[who % providers.length];
        vm.prank(_REGISTRY.providerOf(provider).owner);
        try _REGISTRY.unbond(provider, uint96(amount % 0.1 ether)) {} catch {}
    }

    function _draft(uint256 index, uint256 seed) private view returns (Job memory job) {
        job.owner = address(owners[index]);
        job.target = address(owners[index]);
        job.salt = bytes32(index);
        bool loops = seed % 4 != 0;
        job.timing = TimingLib.pack(
            loops ? 50 : 0, loops ? 500 : 0, 60, index < JOBS && seed % 5 == 0 ? 0 : 400_000, 64, uint8(seed % 2) * 2
        );
        job.pricing = PricingLib.pack(3 gwei, 1 gwei, 0.002 ether);
        if (index < JOBS) (job.provider, job.modelId) = (providers[(seed >> 8) % providers.length], MODEL_ID);
    }

    /// @dev The job's run number must not have gone back.
    function _see(uint256 index) private {
        bytes32 id = _idOf(index, _records[index]);
        uint256 runs = _EVERLOOP.slotOf(id).runs();
        if (runs < ghostRuns[id]) broken = true;
        ghostRuns[id] = runs;
    }

    function _end(bytes32 id, uint256 run) private {
        if (_ended[id][run]) broken = true;
        _ended[id][run] = true;
    }

    function _idOf(uint256 index, Job memory job) private view returns (bytes32) {
        return _EVERLOOP.idOf(index < JOBS, job.owner, job.salt);
    }

    function _newest() private returns (Vm.Log memory) {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        return logs[logs.length - 1];
    }
}
