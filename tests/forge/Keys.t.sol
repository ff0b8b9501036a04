// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {IInferenceMarket} from "../../contracts/interfaces/IInferenceMarket.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {IOfferBook} from "../../contracts/interfaces/IOfferBook.sol";
import {IStakeBook} from "../../contracts/interfaces/IStakeBook.sol";
import {Inference} from "../../contracts/types/Job.sol";

/// @notice Keys that answer for a provider.
contract KeysTest is Base {
    Puppet private _target = new Puppet();
    address private _key = makeAddr("key");

    function setUp() public override {
        super.setUp();
        _authorise(provider, _key, true);
    }

    function test_EventsAndViewTellWhoMayAnswer() external {
        assertTrue(everloop.isAuthorised(provider, _key));
        assertFalse(everloop.isAuthorised(rival, _key));
        assertFalse(everloop.isAuthorised(_key, provider), "one way only");
        vm.expectEmit(address(everloop));
        emit IOfferBook.KeyAuthorised(rival, _key, true);
        _authorise(rival, _key, true);
        vm.expectEmit(address(everloop));
        emit IOfferBook.KeyAuthorised(rival, _key, false);
        _authorise(rival, _key, false);
        assertFalse(everloop.isAuthorised(rival, _key));
    }

    function test_INF2_KeyAnswersAndTheProviderEarns() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.recordLogs();
        _deliverAs(_key, record, 0, "a");
        uint256 paid = _lastDelivered().paid;
        assertGe(paid, FEE);
        assertEq(everloop.balanceOf(provider), paid);
        assertEq(everloop.balanceOf(_key), 0);
        assertEq(everloop.accountOf(provider).delivered(), 1);
        assertEq(everloop.accountOf(_key).delivered(), 0);
    }

    function test_INF2_KeyAnswersBatches() external {
        IInferenceMarket.Answer[] memory answers = new IInferenceMarket.Answer[](1);
        answers[0] = IInferenceMarket.Answer(_request(_inference(address(_target)), 0), _pinned(0), "a");
        vm.prank(_key, _key);
        assertTrue(everloop.deliverBatch(answers)[0] == IInferenceMarket.Refusal.None);
        assertGe(everloop.balanceOf(provider), FEE);
        assertEq(everloop.balanceOf(_key), 0);
    }

    function test_KeyDeclines() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        vm.prank(_key, _key);
        everloop.decline(record, 0);
        assertEq(everloop.accountOf(provider).declined(), 1);
        assertEq(_slot(record).runs(), 1);
    }

    function test_KeyResigns() external {
        Inference memory record = _request(_inference(address(_target)), _now() + 50);
        vm.prank(_key, _key);
        everloop.resign(record);
        assertTrue(_slot(record).isResigned());
        assertEq(_open(provider), 0);
    }

    function test_LED2_KeyMovesNoMoney() external {
        _deliver(_request(_inference(address(_target)), 0), "a");
        uint256 earned = everloop.balanceOf(provider);
        vm.startPrank(_key);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, _key, 0, 1));
        everloop.withdraw(1, _key);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotOwner.selector, provider, staker, _key));
        registry.unbond(provider, 1);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotOwner.selector, provider, staker, _key));
        registry.setPayout(provider, _key);
        vm.stopPrank();
        assertEq(everloop.balanceOf(provider), earned);
    }

    /// @dev Nor may it change what the provider asks, or name further keys.
    function test_REG2_KeySpeaksForNothingElse() external {
        vm.startPrank(_key);
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotRegistered.selector, _key));
        registry.offer(MODEL, _terms());
        vm.expectRevert(abi.encodeWithSelector(IStakeBook.Registry_NotRegistered.selector, _key));
        registry.serve(false);
        everloop.authorise(keeper, true);
        vm.stopPrank();
        assertFalse(everloop.isAuthorised(provider, keeper), "it named a key of its own");
        Inference memory record = _request(_inference(address(_target)), 0);
        _expectNotProvider(provider, keeper);
        this.deliverAs(keeper, record);
    }

    function test_INF2_RevertWhen_TheKeyIsRevoked() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _authorise(provider, _key, false);
        _expectNotProvider(provider, _key);
        this.deliverAs(_key, record);
        _expectNotProvider(provider, _key);
        vm.prank(_key, _key);
        everloop.decline(record, 0);
        _expectNotProvider(provider, _key);
        vm.prank(_key, _key);
        everloop.resign(record);
        assertGe(_deliver(record, "a").paid, FEE, "the provider itself still answers");
    }

    function test_INF2_AKeyOfTwoProvidersEarnsForTheRightOne() external {
        _authorise(rival, _key, true);
        Inference memory job = _inference(address(_target));
        Inference memory first = _request(job, 0);
        (job.salt, job.provider) = ("second", rival);
        Inference memory second = _request(job, 0);
        _deliverAs(_key, first, 0, "a");
        uint256 earned = everloop.balanceOf(provider);
        assertEq(everloop.balanceOf(rival), 0);
        _deliverAs(_key, second, 0, "a");
        assertEq(everloop.balanceOf(provider), earned);
        assertGe(everloop.balanceOf(rival), FEE);
        _authorise(provider, _key, false);
        assertTrue(everloop.isAuthorised(rival, _key), "revoked by one, kept by the other");
    }

    /// @dev Work is bound to the provider, never to a key: runs due and runs to come go to the new key.
    function test_INF1_RotationStrandsNothing() external {
        Inference memory record = _request(_inference(address(_target)), 0);
        _deliverAs(_key, record, 0, "a");
        address fresh = makeAddr("fresh");
        _authorise(provider, fresh, true);
        _authorise(provider, _key, false);
        vm.warp(_slot(record).due());
        uint256 before = everloop.balanceOf(provider);
        _deliverAs(fresh, record, 1, "b");
        assertGe(everloop.balanceOf(provider) - before, FEE);
        _withdrawAll(provider);
        assertEq(everloop.balanceOf(provider), 0, "earned by both keys, taken by the provider");
    }

    function test_AuthorisingTwiceIsHarmless() external {
        _authorise(provider, _key, true);
        _authorise(provider, _key, false);
        assertFalse(everloop.isAuthorised(provider, _key), "once is enough to end it");
    }

    /// @dev External, so that an expected revert is met by this call.
    function deliverAs(address caller, Inference memory job) external {
        _deliverAs(caller, job, 0, "a");
    }

    function _authorise(address account, address key, bool authorised) private {
        vm.prank(account);
        everloop.authorise(key, authorised);
    }

    function _expectNotProvider(address account, address caller) private {
        vm.expectRevert(abi.encodeWithSelector(IInferenceMarket.Inference_NotProvider.selector, account, caller));
    }
}
