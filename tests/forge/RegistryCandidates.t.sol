// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {vm} from "./Vm.sol";
import {ICandidateBook} from "../../contracts/interfaces/ICandidateBook.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";

/// @notice Who stands for selection.
contract RegistryCandidatesTest is Base {
    uint256 private constant MAX = 32;

    function test_StandingAndSteppingDown() external {
        vm.expectEmit(address(registry));
        emit ICandidateBook.Stood(provider, MODEL_ID);
        _stand(provider);
        _stand(rival);
        assertTrue(registry.isCandidate(MODEL_ID, provider));
        assertEq(registry.candidatesOf(MODEL_ID).length, 2);
        vm.expectEmit(address(registry));
        emit ICandidateBook.SteppedDown(provider, MODEL_ID, provider);
        vm.prank(provider, provider);
        registry.stepDown(MODEL_ID);
        assertFalse(registry.isCandidate(MODEL_ID, provider));
        assertEq(registry.candidatesOf(MODEL_ID).length, 1);
        assertEq(registry.candidatesOf(MODEL_ID)[0], rival);
        vm.prank(rival);
        registry.stepDown(MODEL_ID);
        assertEq(registry.candidatesOf(MODEL_ID).length, 0);
    }

    function test_WithdrawingTheOfferStepsDown() external {
        _stand(provider);
        vm.expectEmit(address(registry));
        emit ICandidateBook.SteppedDown(provider, MODEL_ID, provider);
        vm.prank(provider, provider);
        registry.withdrawOffer(MODEL_ID);
        assertEq(registry.candidatesOf(MODEL_ID).length, 0);
    }

    function test_RevertWhen_StandingIsOutsideItsRules() external {
        vm.startPrank(provider);
        bytes32 other = keccak256("other");
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_NotOffered.selector, provider, other));
        registry.stand(other);
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_NotStanding.selector, provider, MODEL_ID));
        registry.stepDown(MODEL_ID);
        registry.stand(MODEL_ID);
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_AlreadyStanding.selector, provider, MODEL_ID));
        registry.stand(MODEL_ID);
        vm.stopPrank();
        vm.startPrank(rival);
        registry.serve(false);
        vm.expectRevert(abi.encodeWithSelector(ICandidateBook.Registry_NotServing.selector, rival));
        registry.stand(MODEL_ID);
    }

    function test_REG4_TheThirtyThirdTakesThePlaceOfTheLeastStake() external {
        address[] memory all = _fill();
        address low = _newcomer(0.2 ether);
        vm.expectRevert(
            abi.encodeWithSelector(IStakeBook.Registry_StakeTooSmall.selector, low, 0.2 ether, 0.2 ether + 1)
        );
        vm.prank(low);
        registry.stand(MODEL_ID);
        hoax(staker, 1);
        registry.stake{value: 1}(low);
        // The least stake is that of numbers 7 and 9: the first of equals goes.
        vm.expectEmit(address(registry));
        emit ICandidateBook.SteppedDown(all[7], MODEL_ID, low);
        vm.expectEmit(address(registry));
        emit ICandidateBook.Stood(low, MODEL_ID);
        vm.prank(low);
        registry.stand(MODEL_ID);
        assertEq(registry.candidatesOf(MODEL_ID).length, MAX);
        assertFalse(registry.isCandidate(MODEL_ID, all[7]));
        assertEq(registry.candidatesOf(MODEL_ID)[7], low);
        // It can step down from there, and the place is free.
        vm.prank(low);
        registry.stepDown(MODEL_ID);
        assertEq(registry.candidatesOf(MODEL_ID).length, MAX - 1);
        assertEq(registry.candidatesOf(MODEL_ID)[7], all[31]);
        vm.prank(all[31]);
        registry.stepDown(MODEL_ID);
        assertFalse(registry.isCandidate(MODEL_ID, all[31]));
    }

    /// @dev However much stake who does not serve has, it counts as none here.
    function test_REG4_WhoDoesNotServeIsReplacedFirst() external {
        address[] memory all = _fill();
        vm.prank(all[20]);
        registry.serve(false);
        address newcomer = _newcomer(0.1 ether);
        vm.prank(newcomer);
        registry.stand(MODEL_ID);
        assertFalse(registry.isCandidate(MODEL_ID, all[20]));
        assertTrue(registry.isCandidate(MODEL_ID, newcomer));
    }

    function test_REG4_GasOfStandingIsBounded() external {
        _fill();
        address newcomer = _newcomer(50 ether);
        vm.cool(address(registry));
        vm.prank(newcomer);
        uint256 gas_ = gasleft();
        registry.stand(MODEL_ID);
        assertLt(gas_ - gasleft(), 250_000);
    }

    /// @dev Nobody's list is another's: what is registered for one model costs the next nothing.
    function test_REG4_ModelsDoNotShareTheirPlaces() external {
        _fill();
        vm.startPrank(provider);
        registry.offer("other", _terms());
        registry.stand(keccak256("other"));
        assertEq(registry.candidatesOf(keccak256("other")).length, 1);
    }

    /// @dev Random moves keep list and membership in step.
    function testFuzz_ListAndMembershipAgree(uint256 seed) external {
        address[4] memory all = [provider, rival, _newcomer(1 ether), _newcomer(2 ether)];
        for (uint256 i = 0; i < 24; ++i) {
            seed = uint256(keccak256(abi.encode(seed)));
            address who = all[seed % 4];
            bool stands = registry.isCandidate(MODEL_ID, who);
            vm.prank(who);
            if (stands) registry.stepDown(MODEL_ID);
            else registry.stand(MODEL_ID);
            uint256 count = 0;
            for (uint256 j = 0; j < 4; ++j) {
                if (registry.isCandidate(MODEL_ID, all[j])) ++count;
            }
            address[] memory list = registry.candidatesOf(MODEL_ID);
            assertEq(list.length, count);
            for (uint256 j = 0; j < list.length; ++j) {
                assertTrue(registry.isCandidate(MODEL_ID, list[j]));
            }
        }
    }

    /// @dev 32 candidates; numbers 7 and 9 have the least stake, 0.2 ether.
    function _fill() private returns (address[] memory all) {
        all = new address[](MAX);
        for (uint256 i = 0; i < MAX; ++i) {
            all[i] = _newcomer(i == 7 || i == 9 ? 0.2 ether : 0.3 ether + i);
            vm.prank(all[i]);
            registry.stand(MODEL_ID);
        }
    }

    uint160 private _made;

    function _newcomer(uint256 stake) private returns (address account) {
        account = address((++_made) << 20);
        _addProvider(account, stake);
    }

    function _stand(address account) private {
        vm.prank(account);
        registry.stand(MODEL_ID);
    }
}
