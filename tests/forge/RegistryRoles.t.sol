// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";

/// @notice Who disposes of a stake, and where it goes.
contract RegistryRolesTest is Base {
    uint96 private constant PART = 0.05 ether;
    address private _bob = makeAddr("bob");

    function test_TheOwnerIsPaidUnlessItSaysOtherwise() external {
        (address owner, address proposed, address payout) = registry.rolesOf(provider);
        assertEq(owner, staker);
        assertEq(proposed, address(0));
        assertEq(payout, staker);
        _release();
        vm.expectEmit(address(registry));
        emit IStakeBook.StakeWithdrawn(provider, staker, PART);
        vm.prank(keeper, keeper);
        registry.withdraw(provider);
        assertEq(staker.balance, PART);
    }

    function test_AnyoneMayTriggerThePayoutToWhomTheOwnerNamed() external {
        vm.expectEmit(address(registry));
        emit IStakeBook.PayoutChanged(provider, _bob);
        vm.prank(staker);
        registry.setPayout(provider, _bob);
        _release();
        vm.prank(keeper, keeper);
        registry.withdraw(provider);
        assertEq(_bob.balance, PART);
        assertEq(keeper.balance, 0);
        vm.expectEmit(address(registry));
        emit IStakeBook.PayoutChanged(provider, staker);
        vm.prank(staker);
        registry.setPayout(provider, address(0));
    }

    function test_OwnershipChangesInTwoSteps() external {
        vm.prank(staker);
        registry.setPayout(provider, keeper);
        vm.expectEmit(address(registry));
        emit IStakeBook.OwnerProposed(provider, staker, _bob);
        vm.prank(staker);
        registry.proposeOwner(provider, _bob);
        (address owner, address proposed,) = registry.rolesOf(provider);
        assertEq(owner, staker, "nothing changes yet");
        assertEq(proposed, _bob);
        _release();
        vm.expectEmit(address(registry));
        emit IStakeBook.OwnerChanged(provider, staker, _bob);
        vm.expectEmit(address(registry));
        emit IStakeBook.PayoutChanged(provider, _bob);
        vm.prank(_bob);
        registry.acceptOwner(provider);
        (owner, proposed,) = registry.rolesOf(provider);
        assertEq(owner, _bob);
        assertEq(proposed, address(0));
        registry.withdraw(provider);
        assertEq(_bob.balance, PART, "the former owner's payout is forgotten");
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotOwner.selector, provider, _bob, staker));
        vm.prank(staker);
        registry.unbond(provider, 1);
    }

    function test_AProposalCanBeTakenBack() external {
        vm.startPrank(staker);
        registry.proposeOwner(provider, _bob);
        registry.proposeOwner(provider, address(0));
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotProposed.selector, provider, address(0), _bob));
        vm.prank(_bob);
        registry.acceptOwner(provider);
    }

    function test_RevertWhen_AnybodyElseAcceptsProposesOrNamesThePayout() external {
        vm.prank(staker);
        registry.proposeOwner(provider, _bob);
        address[4] memory others = [provider, governor, keeper, _bob];
        for (uint256 i = 0; i < others.length; ++i) {
            bytes memory reason =
                abi.encodeWithSelector(IStakeBook.Registry_NotOwner.selector, provider, staker, others[i]);
            vm.startPrank(others[i]);
            vm.expectRevert(reason);
            registry.proposeOwner(provider, others[i]);
            vm.expectRevert(reason);
            registry.setPayout(provider, others[i]);
            if (others[i] != _bob) {
                vm.expectRevert(
                    abi.encodeWithSelector(IStakeBook.Registry_NotProposed.selector, provider, _bob, others[i])
                );
                registry.acceptOwner(provider);
            }
            vm.stopPrank();
        }
        vm.expectPartialRevert(IStakeBook.Registry_NotProposed.selector);
        vm.prank(address(0));
        registry.acceptOwner(provider);
    }

    /// @dev An address that never registered has no owner: nobody, not even address zero, becomes one.
    function test_RevertWhen_AcceptingWhatIsNotRegistered() external {
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotProposed.selector, _bob, address(0), keeper));
        vm.prank(keeper, keeper);
        registry.acceptOwner(_bob);
    }

    function test_HostileReceiversHarmNobodyElse() external {
        Puppet receiver = new Puppet();
        vm.prank(staker);
        registry.setPayout(provider, address(receiver));
        _release();
        // It re-enters for more, and into the stake of another.
        receiver.addStep(address(registry), abi.encodeCall(IStakeBook.withdraw, (provider)));
        receiver.addStep(address(registry), abi.encodeCall(IStakeBook.withdraw, (rival)));
        receiver.addStep(address(registry), abi.encodeCall(IStakeBook.unbond, (provider, 1)));
        uint256 held = address(registry).balance;
        registry.withdraw(provider);
        assertEq(address(receiver).balance, PART, "once");
        assertEq(address(registry).balance, held - PART);
        for (uint256 i = 0; i < 3; ++i) {
            assertFalse(receiver.results()[i]);
        }
    }

    /// @dev The receiver's 1 MB of return data is not copied: whoever triggers the payout does not pay for it.
    function test_ABombAsReceiverCostsItsCallerNoCopy() external {
        Bomb receiver = new Bomb();
        vm.prank(staker);
        registry.setPayout(provider, address(receiver));
        _release();
        uint256 gas_ = gasleft();
        registry.withdraw(provider);
        gas_ -= gasleft();
        assertEq(address(receiver).balance, PART);
        assertLt(gas_, receiver.spent() + 100_000);
    }

    function _release() private {
        vm.prank(staker);
        registry.unbond(provider, PART);
        skip(14 days);
    }
}

/// @notice A receiver that returns 1 MB.
contract Bomb {
    uint256 public spent;

    receive() external payable {
        spent = gasleft();
        assembly ("memory-safe") {
            let end := mload(0x40)
            mstore(add(end, 0x100000), 1)
        }
        spent -= gasleft();
        assembly ("memory-safe") {
            return(0, 0x100000)
        }
    }
}
