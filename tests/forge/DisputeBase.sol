// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";

/// @notice A registry with one slasher whose listing has taken effect.
abstract contract DisputeBase is Base {
    uint256 internal constant PENALTY = 0.01 ether;
    uint256 internal constant UNBOND_DELAY = 14 days;
    uint256 internal constant DISPUTE_TIME = 7 days;
    uint256 internal constant LISTING_DELAY = 30 days;
    uint256 internal constant MAX_DISPUTES = 5;

    address internal slasher;
    address internal finder = makeAddr("finder");
    address internal harmed = makeAddr("harmed");

    function setUp() public virtual override {
        super.setUp();
        slasher = _list();
        skip(LISTING_DELAY);
    }

    /// @dev A new slasher; its listing takes effect later.
    function _list() internal returns (address listed) {
        listed = address(new Puppet());
        vm.prank(governor);
        registry.listSlasher(listed);
    }

    function _open(address by, address against) internal returns (uint256 id) {
        vm.prank(by);
        return registry.openDispute(against);
    }

    function _uphold(uint256 id, uint256 cost) internal returns (uint256 bounty, uint256 repaid) {
        vm.prank(slasher);
        return registry.slashDispute(id, finder, harmed, cost);
    }

    function _unbond(uint256 amount) internal {
        vm.prank(staker);
        registry.unbond(provider, uint96(amount));
    }

    function _stake(address account) internal view returns (uint256) {
        return uint256(registry.providerOf(account).bonded) + registry.providerOf(account).unbonding;
    }
}
