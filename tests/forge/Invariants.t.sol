// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./mocks/Handler.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {Task} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice What holds after any sequence of moves: a short share of them in `make test`, 1,000 x 100 in `make invariants`.
contract InvariantsTest is Base {
    Handler private _handler;
    address[] private _providers;
    uint256 private _jobs;
    uint256 private _count;

    function setUp() public override {
        super.setUp();
        _withdrawAll(alice);
        _providers.push(provider);
        _providers.push(rival);
        _handler = new Handler(everloop, _providers, keeper);
        (_jobs, _count) = (_handler.JOBS(), _handler.COUNT());
        for (uint256 i = 0; i < _count; ++i) {
            _handler.deposit(i, 0.05 ether);
            if (i < 2 * _jobs) _handler.book(i, i * 1_000 + 3);
        }
        targetContract(address(_handler));
    }

    function invariant_LED1_ClaimsAreBackedByEther() external view {
        uint256 claims = everloop.balanceOf(keeper) + everloop.balanceOf(provider) + everloop.balanceOf(rival);
        for (uint256 i = 0; i < _count; ++i) {
            claims += everloop.balanceOf(_handler.ownerOf(i));
        }
        assertLe(claims, address(everloop).balance, "sum of balances <= ETH held");
    }

    function invariant_LED1_NoAssertionOfTheContractsFails() external view {
        assertFalse(_handler.panicked(), "no panic");
    }

    function invariant_LED2_EveryBalanceIsWhatEventsSay() external view {
        _assertGhost(keeper);
        _assertGhost(provider);
        _assertGhost(rival);
        for (uint256 i = 0; i < _count; ++i) {
            _assertGhost(_handler.ownerOf(i));
        }
    }

    function invariant_LED2_ReservedIsWhatLiveRunsNeed() external view {
        for (uint256 i = 0; i < _count; ++i) {
            address owner = _handler.ownerOf(i);
            uint256 expected = _isLive(i) ? everloop.worstCost(_handler.inferenceOf(i)) : 0;
            assertEq(_reserved(owner), expected, "reserved = sum of worst costs of live inferences");
            assertLe(_reserved(owner), everloop.balanceOf(owner), "reserved <= balance");
        }
    }

    function invariant_LED3_LocksAndReservationsEnd() external view {
        for (uint256 i = 0; i < _count; ++i) {
            address owner = _handler.ownerOf(i);
            assertLe(everloop.lockedUntil(owner), _now() + 8 days, "locked until <= now + 8 days");
            if (everloop.lockedUntil(owner) > _now()) assertTrue(everloop.accountOf(owner).isLocked(), "flagged");
            if (_isLive(i)) assertLe(_handler.slotOf(i).due(), _now() + 7 days, "due <= now + 7 days");
        }
    }

    function invariant_INF1_DeliveriesPayFeeAndAtMostTheReservation() external view {
        assertFalse(_handler.brokenPay(), "fee <= paid <= reserved");
    }

    function invariant_INF2_RecordsOfProvidersAreWhatHappened() external view {
        for (uint256 i = 0; i < _providers.length; ++i) {
            uint256[3] memory marks = _handler.marksOf(_providers[i]);
            assertEq(everloop.accountOf(_providers[i]).delivered(), marks[0], "delivered = answered runs");
            assertEq(everloop.accountOf(_providers[i]).missed(), marks[1], "missed = expired runs");
            assertEq(everloop.accountOf(_providers[i]).declined(), marks[2], "declined = counted declines");
        }
    }

    function invariant_INF3_OpenCountIsTheNumberOfLiveInferences() external view {
        uint256[2] memory live;
        for (uint256 i = 0; i < _jobs; ++i) {
            if (_isLive(i)) ++live[_handler.inferenceOf(i).provider == provider ? 0 : 1];
        }
        assertEq(_open(provider), live[0], "open = live inferences");
        assertEq(_open(rival), live[1], "open = live inferences");
    }

    function invariant_INF4_NoRunEndsTwiceNorGoesBack() external view {
        assertFalse(_handler.endedTwice(), "every (id, run) ends once");
        assertFalse(_handler.wentBack(), "runs monotone");
    }

    function invariant_INF4_EveryRunThatBeganHasEnded() external view {
        for (uint256 i = 0; i < _count; ++i) {
            assertEq(_handler.ghostEnded(_handler.idOf(i)), _handler.slotOf(i).runs(), "runs = runs ended");
        }
    }

    function invariant_INF5_WhatIsStoredIsTheRecordToldLast() external view {
        for (uint256 i = 0; i < _count; ++i) {
            uint160 stored = _handler.slotOf(i).commitment();
            if (stored == 0) continue;
            assertEq(stored, _commitment(i), "commitment = hash of the record");
        }
    }

    function invariant_REG1_StakesAreBackedByEther() external view {
        uint256 owed = 0;
        for (uint256 i = 0; i < _providers.length; ++i) {
            IProviderRegistry.Provider memory info = registry.providerOf(_providers[i]);
            owed += uint256(info.bonded) + info.unbonding;
        }
        assertEq(owed + _handler.ghostBurned(), address(registry).balance, "bonded + unbonding + burned = held");
    }

    function invariant_REG2_StakeCoversOpenWork() external view {
        for (uint256 i = 0; i < _providers.length; ++i) {
            uint256 bonded = registry.providerOf(_providers[i]).bonded;
            assertLe(_open(_providers[i]) * registry.PENALTY(), bonded, "open x PENALTY <= bonded");
        }
    }

    function invariant_REG2_CapacityMirrorsTheStake() external view {
        for (uint256 i = 0; i < _providers.length; ++i) {
            IProviderRegistry.Provider memory info = registry.providerOf(_providers[i]);
            uint256 covered = info.serving ? info.bonded / registry.PENALTY() : 0;
            assertEq(everloop.accountOf(_providers[i]).capacity(), covered, "capacity = serving ? bonded / PENALTY : 0");
            if (info.serving) assertTrue(registry.isWhitelisted(_providers[i]), "serving -> whitelisted");
        }
    }

    function invariant_REG3_AtLeastHalfOfEveryPenaltyIsBurned() external view {
        assertLe(_handler.ghostBounty() + _handler.ghostRepaid(), _handler.ghostBurned(), "bounty + repaid <= burned");
    }

    function invariant_SCH5_NoJobStaysInsideARun() external view {
        for (uint256 i = 0; i < _count; ++i) {
            JobSlot slot = _handler.slotOf(i);
            assertFalse(slot.isRunning(), "RUNNING only inside a transaction");
            if (slot.isResigned()) assertEq(slot.due(), 0, "resigned -> dormant");
            if (slot.commitment() == 0) assertEq(slot.due(), 0, "over -> no due time");
        }
    }

    function invariant_SCH6_BookedTasksHaveADueTime() external view {
        for (uint256 i = _jobs; i < _count; ++i) {
            JobSlot slot = _handler.slotOf(i);
            if (slot.commitment() != 0) assertGt(slot.due(), 0, "tasks are never dormant");
        }
    }

    function invariant_SCH7_RunsDoNotNest() external view {
        assertFalse(_handler.reentered(), "refused from inside a run");
    }

    function _assertGhost(address account) private view {
        assertEq(everloop.balanceOf(account), _handler.ghostBalance(account), "balance = what events say");
    }

    function _commitment(uint256 index) private view returns (uint160) {
        if (index < _jobs) return uint160(uint256(keccak256(abi.encode(_handler.inferenceOf(index)))));
        Task memory task = _handler.taskOf(index);
        bytes memory words = abi.encode(task.owner, task.target, task.timing, task.salt, task.pricing);
        return uint160(uint256(keccak256(bytes.concat(words, task.data))));
    }

    /// @dev An inference with a due time: reserved by its owner and open at its provider.
    function _isLive(uint256 index) private view returns (bool) {
        JobSlot slot = _handler.slotOf(index);
        return index < _jobs && slot.commitment() != 0 && slot.due() != 0;
    }
}
