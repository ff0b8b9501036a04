// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DisputeBase} from "./DisputeBase.sol";
import {StakeHandler} from "./mocks/StakeHandler.sol";

/// @notice What holds of a stake after any sequence of moves of its owner, strangers, Everloop and two slashers.
contract RegistryInvariantsTest is DisputeBase {
    StakeHandler private _handler;

    function setUp() public override {
        super.setUp();
        address second = _list();
        skip(LISTING_DELAY);
        _handler = new StakeHandler(registry, everloop, provider, staker, [slasher, second]);
        targetContract(address(_handler));
    }

    function invariant_REG1_StakeIsBackedAndEveryWeiAccountedFor() external view {
        uint256 owed = _handler.held() + STAKE;
        assertLe(owed, address(registry).balance, "bonded + unbonding <= held");
        assertEq(
            _handler.held() + _handler.slashed() + _handler.paid(), _handler.staked(), "in = there + out + slashed"
        );
        assertEq(
            address(registry).balance - owed, _handler.slashed() - _handler.bounties(), "burned = slashed - paid on"
        );
    }

    function invariant_REG2_NoStakeLeavesBeforeItsDelay() external view {
        assertLe(_handler.out(), _handler.unbondedBefore(UNBOND_DELAY), "out <= unbonded a delay ago");
    }

    function invariant_REG2_NoStakeIsLockedForEver() external view {
        uint256 released = _handler.unbondedBefore(2 * UNBOND_DELAY + DISPUTE_TIME);
        assertGe(
            _handler.out() + _handler.slashed(), released, "out >= unbonded two delays and a dispute ago - slashed"
        );
    }

    function invariant_REG3_AtLeastHalfOfEverySlashIsBurned() external view {
        assertLe(2 * _handler.bounties(), _handler.slashed(), "paid on <= slashed / 2");
    }

    function invariant_DisputesAreCounted() external view {
        assertEq(registry.disputesOf(provider), _handler.openDisputes(), "count = open disputes");
    }

    function invariant_CapacityIsWhatTheStakeCovers() external view {
        uint256 covered = registry.providerOf(provider).bonded / PENALTY;
        uint256 disputes = registry.disputesOf(provider);
        uint256 expected = registry.providerOf(provider).serving && covered > disputes ? covered - disputes : 0;
        assertEq(everloop.accountOf(provider).capacity(), expected, "capacity = bonded / PENALTY - disputes");
    }
}
