// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Ghost} from "./Ghost.sol";
import {Puppet} from "./Puppet.sol";
import {Vm, vm} from "../Vm.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";
import {IProviderRegistry} from "../../../contracts/interfaces/IProviderRegistry.sol";
import {ISignedOrders} from "../../../contracts/interfaces/ISignedOrders.sol";
import {Inference, PricingLib, Task, TimingLib} from "../../../contracts/types/Job.sol";
import {JobSlot} from "../../../contracts/types/JobSlot.sol";

/// @notice Who acts in a campaign, on which jobs, and how a move is made.
/// @dev Jobs 0 .. JOBS - 1 are inferences, JOBS .. 2 * JOBS - 1 tasks, each of a contract that is also its target; the last
/// two are tasks that key holders sign.
abstract contract HandlerState is Ghost {
    uint256 public constant JOBS = 6;
    uint256 internal constant CONTRACTS = 2 * JOBS;
    uint256 public constant COUNT = CONTRACTS + 2;
    bytes32 internal constant MODEL_ID = keccak256("probe@1");
    bytes4 private constant PANIC = 0x4e487b71;

    IEverloop internal immutable _EVERLOOP;
    IProviderRegistry internal immutable _REGISTRY;
    ISignedOrders internal immutable _ORDERS;
    address internal immutable _KEEPER;

    address[] internal _providers;
    /// Contracts that own and are the target of one job each.
    Puppet[] internal _puppets;
    /// Target of all that is signed: a contract that owns nothing.
    Puppet internal _stage = new Puppet();
    /// Key holders that sign orders.
    uint256[2] internal _signerKeys;
    address[2] internal _signers;

    /// Set while a move is made: what is called then, a contract's script calls.
    bool internal _moving;
    /// Highest run number seen of an id.
    mapping(bytes32 id => uint256 runs) private _highest;
    /// Set where a run number went back.
    bool public wentBack;
    /// Set where an assertion inside the contracts failed.
    bool public panicked;
    /// Successful moves by name, so that a test can see that a campaign reaches them.
    mapping(string move => uint256 count) public done;

    constructor(IEverloop everloop, address[] memory providers_, address keeper) {
        _EVERLOOP = everloop;
        _REGISTRY = IProviderRegistry(everloop.REGISTRY());
        _ORDERS = ISignedOrders(everloop.ORDERS());
        _KEEPER = keeper;
        _providers = providers_;
        for (uint256 i = 0; i < CONTRACTS; ++i) {
            _puppets.push(new Puppet());
            _puppets[_puppets.length - 1].spareGas();
        }
        for (uint256 i = 0; i < 2; ++i) {
            _signerKeys[i] = uint256(keccak256(abi.encode("signer", i)));
            _signers[i] = vm.addr(_signerKeys[i]);
        }
        for (uint256 i = 0; i < COUNT; ++i) {
            _ownerOf[idOf(i)] = ownerOf(i);
        }
    }

    receive() external payable {}

    function inferenceOf(uint256 index) public view returns (Inference memory) {
        return _inferences[idOf(index)];
    }

    function taskOf(uint256 index) public view returns (Task memory) {
        return _tasks[idOf(index)];
    }

    function ownerOf(uint256 index) public view returns (address) {
        return index < CONTRACTS ? address(_puppets[index]) : _signers[index - CONTRACTS];
    }

    function idOf(uint256 index) public view returns (bytes32) {
        uint256 kind = index < JOBS ? 1 : 0;
        return keccak256(abi.encode(kind, block.chainid, address(_EVERLOOP), ownerOf(index), bytes32(index)));
    }

    function slotOf(uint256 index) public view returns (JobSlot) {
        return _EVERLOOP.slotOf(idOf(index));
    }

    /// @dev One move of somebody's; what it changes is read from the events.
    function _try(string memory name, address from, address to, bytes memory data) internal returns (bool ok) {
        for (uint256 i = 0; i < JOBS; ++i) {
            Inference memory job = inferenceOf(i);
            if (job.owner == address(0)) continue;
            (_feeBefore[idOf(i)], _worstBefore[idOf(i)]) = (job.pricing.fee(), _EVERLOOP.worstCost(job));
        }
        bytes memory answer;
        vm.recordLogs();
        vm.prank(from);
        _moving = true;
        (ok, answer) = to.call(data);
        _moving = false;
        Vm.Log[] memory logs = vm.getRecordedLogs();
        if (!ok) {
            if (bytes4(answer) == PANIC) panicked = true;
            return false;
        }
        ++done[name];
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].topics.length != 0) _read(logs[i]);
        }
        _see();
    }

    /// @dev As {_try}, of a move that ends the run that is booked, if any.
    function _tryEnding(string memory name, uint256 index, address from, bytes memory data) internal returns (bool ok) {
        JobSlot before = slotOf(index);
        ok = _try(name, from, address(_EVERLOOP), data);
        if (ok && before.isBooked()) _end(idOf(index), before.runs());
    }

    function _provider(uint256 seed) internal view returns (address) {
        return _providers[seed % _providers.length];
    }

    function _draftInference(uint256 index, uint256 seed) internal view returns (Inference memory job) {
        bool loops = seed % 4 != 0;
        job.owner = ownerOf(index);
        job.target = job.owner;
        job.provider = _provider(seed >> 8);
        job.modelId = MODEL_ID;
        job.timing = TimingLib.pack(
            loops ? 50 : 0, loops ? 500 : 0, 60, seed % 5 == 0 ? 0 : 1_000_000, 64, uint8(seed % 2) * TimingLib.GRID
        );
        job.pricing = PricingLib.pack(3 gwei, 1 gwei, 0, 0.002 ether);
        job.salt = bytes32(index);
    }

    function _draftTask(uint256 index, uint256 seed) internal view returns (Task memory task) {
        bool loops = seed % 4 != 0;
        task.owner = ownerOf(index);
        task.target = index < CONTRACTS ? task.owner : address(_stage);
        task.timing =
            TimingLib.pack(loops ? 50 : 0, loops ? 500 : 0, 60, 1_000_000, 0, uint8(seed % 2) * TimingLib.GRID);
        task.pricing = PricingLib.pack(3 gwei, 1 gwei, 0, uint64(seed % 0.002 ether));
        task.salt = bytes32(index);
        task.data = abi.encode(seed);
    }

    function _due(uint256 seed) internal view returns (uint40) {
        return uint40(vm.getBlockTimestamp() + seed % 300);
    }

    function _resumer() internal view override returns (address) {
        return _KEEPER;
    }

    /// @dev No job's run number may have gone back.
    function _see() private {
        for (uint256 i = 0; i < COUNT; ++i) {
            uint256 runs = slotOf(i).runs();
            if (runs < _highest[idOf(i)]) wentBack = true;
            _highest[idOf(i)] = runs;
        }
    }
}
