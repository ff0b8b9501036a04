// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {HandlerState} from "./HandlerState.sol";
import {OrderDigest} from "./OrderDigest.sol";
import {Puppet} from "./Puppet.sol";
import {vm} from "../Vm.sol";
import {IInferenceMarket} from "../../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../../contracts/interfaces/ILedger.sol";
import {IScheduler} from "../../../contracts/interfaces/IScheduler.sol";
import {ISignedOrders} from "../../../contracts/interfaces/ISignedOrders.sol";
import {Inference, Task} from "../../../contracts/types/Job.sol";
import {Pin} from "../../../contracts/types/Run.sol";

/// @notice Moves of those who pay.
abstract contract OwnerHandler is HandlerState {
    /// Set where somebody re-entered the engine from inside a run.
    bool public reentered;

    function deposit(uint256 who, uint256 amount) external {
        amount %= 0.1 ether;
        vm.deal(_KEEPER, amount);
        vm.prank(_KEEPER);
        vm.recordLogs();
        _EVERLOOP.deposit{value: amount}(ownerOf(who % COUNT));
        ++done["deposit"];
        _read(vm.getRecordedLogs()[0]);
    }

    /// @dev [LED-3] whoever is not locked gets the free part out, whatever else is going on: a refusal fails the campaign.
    function withdraw(uint256 who, uint256 share) external {
        address owner = ownerOf(who % COUNT);
        if (_EVERLOOP.lockedUntil(owner) > vm.getBlockTimestamp()) return;
        uint256 free = _EVERLOOP.freeOf(owner);
        uint256 amount = share % 3 == 0 ? free : free * (share % 101) / 100;
        require(_try("withdraw", owner, address(_EVERLOOP), abi.encodeCall(ILedger.withdraw, (amount, address(1)))));
    }

    function lock(uint256 who, uint256 seconds_) external {
        uint40 until = uint40(vm.getBlockTimestamp() + seconds_ % 2_000);
        _try("lock", ownerOf(who % COUNT), address(_EVERLOOP), abi.encodeCall(ILedger.lock, (until)));
    }

    /// @dev Tries to take out what is locked or reserved.
    function overdraw(uint256 who, uint256 amount) external {
        address owner = ownerOf(who % COUNT);
        bool locked = _EVERLOOP.lockedUntil(owner) > vm.getBlockTimestamp();
        amount = locked ? amount % 2 : _EVERLOOP.freeOf(owner) + 1 + amount % 1 ether;
        bytes memory data = abi.encodeCall(ILedger.withdraw, (amount, address(1)));
        require(!_try("overdraw", owner, address(_EVERLOOP), data));
    }

    function book(uint256 index, uint256 seed) external {
        index %= CONTRACTS;
        bytes memory data = index < JOBS
            ? abi.encodeCall(IInferenceMarket.request, (_draftInference(index, seed), "", _due(seed)))
            : abi.encodeCall(IScheduler.schedule, (_draftTask(index, seed), _due(seed)));
        _try(index < JOBS ? "request" : "schedule", ownerOf(index), address(_EVERLOOP), data);
    }

    function update(uint256 index, uint256 seed) external {
        index %= COUNT;
        if (index < JOBS) {
            bytes memory change = _change(index, seed);
            if (change.length != 0) _tryEnding("updateInference", index, ownerOf(index), change);
        } else {
            bytes memory data = abi.encodeCall(IScheduler.update, (_draftTask(index, seed), _due(seed)));
            _tryEnding("update", index, ownerOf(index), data);
        }
    }

    function cancel(uint256 index) external {
        index %= COUNT;
        bytes memory data = index < JOBS
            ? abi.encodeCall(IInferenceMarket.cancelInference, (inferenceOf(index)))
            : abi.encodeCall(IScheduler.cancel, (bytes32(index)));
        _tryEnding(index < JOBS ? "cancelInference" : "cancel", index, ownerOf(index), data);
    }

    /// @dev What a contract does inside its next runs: end or change its own job, empty its account, or come in again.
    function arm(uint256 index, uint256 seed) external {
        index %= CONTRACTS;
        Puppet puppet = _puppets[index];
        puppet.clearScript();
        puppet.setEnd(Puppet.Mode.Word, 0);
        uint256 kind = seed % 5;
        if (kind == 0) {
            bytes memory ending = index < JOBS
                ? abi.encodeCall(IInferenceMarket.cancelInference, (inferenceOf(index)))
                : abi.encodeCall(IScheduler.cancel, (bytes32(index)));
            puppet.addStep(address(_EVERLOOP), ending);
        } else if (kind == 1 && index < JOBS) {
            puppet.addStep(address(_EVERLOOP), _change(index, seed));
        } else if (kind == 1) {
            Task memory task = _draftTask(index, seed);
            puppet.addStep(address(_EVERLOOP), abi.encodeCall(IScheduler.update, (task, _due(seed))));
        } else if (kind == 2) {
            bytes memory data = abi.encodeCall(ILedger.withdraw, (_EVERLOOP.freeOf(address(puppet)), address(1)));
            puppet.addStep(address(_EVERLOOP), data);
        } else if (kind == 3) {
            puppet.addStep(address(this), abi.encodeCall(this.reenter, (seed)));
        }
    }

    /// @dev Called from inside a run only: whatever would run or settle something must be refused.
    function reenter(uint256 seed) external {
        if (!_moving) return;
        uint256 index = seed % JOBS;
        Inference memory job = inferenceOf(index);
        bytes[6] memory tries = [
            abi.encodeCall(IInferenceMarket.expire, (job)),
            abi.encodeCall(IInferenceMarket.resume, (job)),
            abi.encodeCall(IScheduler.execute, (taskOf(JOBS + index))),
            abi.encodeCall(IInferenceMarket.decline, (job, slotOf(index).runs())),
            abi.encodeCall(IInferenceMarket.resign, (job)),
            abi.encodeCall(IInferenceMarket.deliver, (job, Pin.wrap(slotOf(index).runs()), ""))
        ];
        (bool ok, bytes memory answer) = address(_EVERLOOP).call(tries[(seed >> 8) % tries.length]);
        if (ok || bytes4(answer) != IScheduler.Scheduler_Reentered.selector) reentered = true;
        ++done["reenter"];
    }

    /// @dev Scripts are played by contracts that succeed: forge also records the events of calls that revert.
    function behave(uint256 who, uint256 mode, uint256 word) external {
        who %= CONTRACTS + 1;
        Puppet puppet = who == CONTRACTS ? _stage : _puppets[who];
        puppet.clearScript();
        puppet.setEnd(Puppet.Mode(mode % 4), word % 3 == 0 ? word : type(uint256).max - word % 3);
    }

    function scheduleSigned(uint256 seed, uint256 nonce) external {
        uint256 who = seed % 2;
        Task memory task = _draftTask(CONTRACTS + who, seed);
        (uint40 due, uint40 deadline) = (_due(seed), uint40(vm.getBlockTimestamp() + 1));
        nonce %= 64;
        bool used = _ORDERS.isNonceUsed(_signers[who], nonce);
        bytes32 order = OrderDigest.ofSchedule(task, due, nonce, deadline);
        bytes memory data =
            abi.encodeCall(ISignedOrders.scheduleSigned, (task, due, nonce, deadline, _signature(who, order)));
        require(!_try("scheduleSigned", _KEEPER, address(_ORDERS), data) || !used, "a nonce counts once");
    }

    function revokeNonce(uint256 who, uint256 nonce) external {
        _try(
            "revokeNonce", _signers[who % 2], address(_ORDERS), abi.encodeCall(ISignedOrders.revokeNonce, (nonce % 64))
        );
    }

    function _signature(uint256 who, bytes32 order) internal view returns (bytes memory) {
        bytes32 domain = OrderDigest.domain(block.chainid, address(_ORDERS));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(_signerKeys[who], OrderDigest.digest(domain, order));
        return abi.encodePacked(r, s, v);
    }

    /// @dev The owner's call that changes an inference; empty where there never was one.
    function _change(uint256 index, uint256 seed) private view returns (bytes memory) {
        Inference memory old = inferenceOf(index);
        if (old.owner == address(0)) return "";
        Inference memory job = _draftInference(index, seed);
        return abi.encodeCall(IInferenceMarket.updateInference, (old, job, "", _due(seed)));
    }
}
