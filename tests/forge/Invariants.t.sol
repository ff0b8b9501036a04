// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Handler} from "./mocks/Handler.sol";
import {IProviderRegistry} from "../../contracts/interfaces/IProviderRegistry.sol";
import {Job} from "../../contracts/types/Job.sol";
import {JobSlot} from "../../contracts/types/JobSlot.sol";

/// @notice What holds after any sequence of moves: a short share of them in `make test`, 1,000 x 100 in `make invariants`.
contract InvariantsTest is Base {
    Handler private _handler;
    address[] private _providers;

    function setUp() public override {
        super.setUp();
        _providers.push(provider);
        _providers.push(rival);
        _handler = new Handler(everloop, _providers, keeper);
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            _deposit(address(_handler.owners(i)), 0.05 ether);
            _handler.book(i, i * 1_000 + 3);
        }
        targetContract(address(_handler));
    }

    function invariant_LED1_ClaimsAreBackedByEther() external view {
        uint256 claims = everloop.balanceOf(alice) + everloop.balanceOf(keeper) + everloop.balanceOf(provider)
            + everloop.balanceOf(rival);
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            claims += everloop.balanceOf(address(_handler.owners(i)));
        }
        assertLe(claims, address(everloop).balance, "sum of balances <= ETH held");
    }

    function invariant_LED2_ReservedIsWhatLiveRunsNeed() external view {
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            Job memory job = _handler.record(i);
            address owner = address(_handler.owners(i));
            uint256 expected = _isLive(job) ? everloop.worstCost(job) : 0;
            assertEq(_reserved(owner), expected, "reserved = sum of worst costs of live inferences");
            assertLe(_reserved(owner), everloop.balanceOf(owner), "reserved <= balance");
        }
    }

    function invariant_INF4_RunsNeverGoBackNorEndTwice() external view {
        assertFalse(_handler.broken(), "runs monotone, every (id, run) ends once");
    }

    function invariant_INF3_OpenCountIsTheNumberOfLiveInferences() external view {
        uint256[2] memory live;
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            Job memory job = _handler.record(i);
            if (_isLive(job)) ++live[job.provider == provider ? 0 : 1];
        }
        assertEq(_open(provider), live[0], "open = live inferences");
        assertEq(_open(rival), live[1], "open = live inferences");
    }

    function invariant_REG1_StakesAreBackedByEther() external view {
        uint256 owed = 0;
        for (uint256 i = 0; i < _providers.length; ++i) {
            IProviderRegistry.Provider memory info = registry.providerOf(_providers[i]);
            owed += uint256(info.bonded) + info.unbonding;
        }
        assertLe(owed, address(registry).balance, "bonded + unbonding <= held");
    }

    function invariant_REG2_StakeCoversOpenWork() external view {
        for (uint256 i = 0; i < _providers.length; ++i) {
            assertLe(
                _open(_providers[i]) * registry.PENALTY(),
                registry.providerOf(_providers[i]).bonded,
                "open x PENALTY <= bonded"
            );
        }
    }

    function invariant_SCH5_NoJobStaysInsideARun() external view {
        for (uint256 i = 0; i < _handler.jobCount(); ++i) {
            assertFalse(_slot(_handler.record(i)).isRunning(), "RUNNING only inside a transaction");
        }
    }

    /// @dev The invariants are not vacuous: the handler's calls do what they are named after.
    function test_HandlerReachesEveryKindOfCall() external {
        skip(30);
        _handler.execute(0);
        _handler.withdraw(0, 0);
        _handler.deliver(0, "decision");
        _handler.deposit(0, 0.09 ether);
        _handler.resume(0);
        skip(600);
        _handler.expire(1);
        _handler.cancel(2);
        string[5] memory calls = ["execute", "deliver", "resume", "expire", "cancel"];
        for (uint256 i = 0; i < calls.length; ++i) {
            assertGt(_handler.done(calls[i]), 0, calls[i]);
        }
    }

    /// @dev An inference with a due time: reserved by its owner and open at its provider.
    function _isLive(Job memory job) private view returns (bool) {
        if (job.provider == address(0)) return false;
        JobSlot slot = _slot(job);
        return slot.commitment() != 0 && slot.due() != 0;
    }
}
