// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {ILedger} from "../../contracts/interfaces/ILedger.sol";
import {Account, AccountLib} from "../../contracts/types/Account.sol";
import {Inference} from "../../contracts/types/Job.sol";

/// @notice Deposits, withdrawals, and who may lower a balance.
contract LedgerTest is Base {
    address private _bob = makeAddr("bob");

    function testFuzz_DepositCreditsExactlyTheNamedAccount(address account, uint80 amount) external {
        amount = uint80(bound(amount, 0, 1_000_000 ether));
        uint256 before = everloop.balanceOf(account);
        hoax(_bob, amount);
        vm.expectEmit(address(everloop));
        emit ILedger.Deposited(account, _bob, amount);
        everloop.deposit{value: amount}(account);
        assertEq(everloop.balanceOf(account), before + amount);
        assertEq(_bob.balance, 0);
    }

    function testFuzz_WithdrawPaysExactlyTheFreePart(uint80 amount, uint80 taken) external {
        amount = uint80(bound(amount, 1, 1_000_000 ether));
        taken = uint80(bound(taken, 1, amount));
        _deposit(_bob, amount);
        vm.expectEmit(address(everloop));
        emit ILedger.Withdrawn(_bob, address(0xbeef), taken);
        vm.prank(_bob);
        everloop.withdraw(taken, address(0xbeef));
        assertEq(address(0xbeef).balance, taken);
        assertEq(everloop.balanceOf(_bob), amount - taken);
    }

    function test_LED2_RevertWhen_WithdrawingMoreThanOnesOwn() external {
        _deposit(_bob, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, _bob, 1 ether, 1 ether + 1));
        vm.prank(_bob);
        everloop.withdraw(1 ether + 1, _bob);
    }

    function test_LED2_RevertWhen_WithdrawingWhatIsReserved() external {
        uint256 balance = everloop.balanceOf(alice);
        Inference memory job = _request(_inference(address(new Puppet())), 0);
        uint256 worst = everloop.worstCost(job);
        assertEq(everloop.freeOf(alice), balance - worst);
        vm.expectRevert(
            abi.encodeWithSelector(ILedger.Ledger_NotEnoughFree.selector, alice, balance - worst, balance - worst + 1)
        );
        vm.prank(alice);
        everloop.withdraw(balance - worst + 1, alice);
        vm.prank(alice);
        everloop.withdraw(balance - worst, alice);
        assertEq(everloop.balanceOf(alice), worst);
    }

    function test_LED3_ExitWorksWhateverTheGovernorDoes() external {
        _deposit(provider, 1 ether);
        Inference memory job = _request(_inference(address(new Puppet())), _now() + 7 days);
        vm.startPrank(governor);
        registry.delist(provider);
        registry.delist(rival);
        vm.stopPrank();
        _withdrawAll(provider);
        _withdrawAll(alice);
        vm.warp(_now() + 7 days + WINDOW);
        vm.prank(alice);
        everloop.cancelInference(job);
        _withdrawAll(alice);
        assertEq(everloop.balanceOf(alice), 0, "a reservation ends with its window");
        assertEq(everloop.balanceOf(provider), 0);
    }

    function test_LED1_ForcedEtherBelongsToNobody() external {
        uint256 held = address(everloop).balance;
        vm.deal(address(everloop), held + 5 ether);
        assertEq(everloop.balanceOf(alice), held, "claims do not grow");
        _withdrawAll(alice);
        assertEq(address(everloop).balance, 5 ether);
    }

    function test_LED1_RevertWhen_EtherNamesNoAccount() external {
        vm.deal(_bob, 1 ether);
        vm.prank(_bob);
        (bool ok, bytes memory reason) = address(everloop).call{value: 1 ether}("");
        assertFalse(ok);
        assertEq(reason, abi.encodeWithSelector(ILedger.Ledger_UseDeposit.selector));
    }

    function test_LED1_RevertWhen_BalanceWouldOverflow() external {
        uint256 most = type(uint80).max;
        vm.deal(address(this), most + 1);
        everloop.deposit{value: most}(_bob);
        vm.expectRevert(abi.encodeWithSelector(AccountLib.Account_BalanceOverflow.selector, most, 1));
        everloop.deposit{value: 1}(_bob);
        assertEq(everloop.balanceOf(_bob), most);
    }

    function test_RevertWhen_ReceiverRefuses() external {
        _deposit(_bob, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(ILedger.Ledger_TransferFailed.selector, address(everloop), 1 ether));
        vm.prank(_bob);
        everloop.withdraw(1 ether, address(everloop));
    }

    function test_LED1_ReenteringWithdrawGetsOnlyWhatIsThere() external {
        Puppet thief = new Puppet();
        _deposit(address(thief), 1 ether);
        thief.addStep(address(everloop), abi.encodeCall(ILedger.withdraw, (1 ether, address(thief))));
        thief.act(address(everloop), 0, abi.encodeCall(ILedger.withdraw, (1 ether, address(thief))));
        assertEq(address(thief).balance, 1 ether);
        assertFalse(thief.results()[0], "the second withdrawal finds nothing");
        assertEq(everloop.balanceOf(address(thief)), 0);
    }

    function test_AccountShowsBalanceReservedAndFree() external {
        Inference memory job = _request(_inference(address(new Puppet())), 0);
        Account a = everloop.accountOf(alice);
        assertEq(a.balance(), everloop.balanceOf(alice));
        assertEq(a.reserved(), everloop.worstCost(job));
        assertEq(a.free(), everloop.freeOf(alice));
    }
}
