// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExampleBase} from "./ExampleBase.sol";
import {vm} from "./Vm.sol";
import {PayerAgent} from "../../contracts/examples/PayerAgent.sol";
import {IAgentTreasury} from "../../contracts/interfaces/IAgentTreasury.sol";
import {Birth} from "../../contracts/types/Policy.sol";

/// @notice Allowances: paid as they fall due, to whom the owner listed, and never beyond.
contract PayerAgentTest is ExampleBase {
    uint256 private constant FINNEY = 0.001 ether;

    PayerAgent private _payer;
    /// A contract that takes no ETH.
    address private _closed;

    function setUp() public override {
        super.setUp();
        _closed = address(new Closed());
        _implement("PayerAgent");
        _payer = PayerAgent(_make(_recipients(), abi.encode(_payees())));
    }

    function test_PromptTellsWhatIsDueAndWhetherTheBudgetCoversIt() external {
        assertEq(_payer.prompt(), "No allowance is due.");
        assertEq(_payer.context(), "One payment is at most 100 finney.");
        skip(2_000);
        assertEq(
            _payer.prompt(),
            "Wanted: 20 finney for payee 0, 40 finney for payee 1. The budget of 250 finney covers that."
        );
        skip(18_000);
        assertEq(
            _payer.prompt(),
            "Wanted: 100 finney for payee 0, 100 finney for payee 1. The budget of 250 finney covers that.",
            "no more than an action may move"
        );
        vm.deal(address(_payer), RESERVE + 60 * FINNEY);
        assertEq(
            _payer.prompt(),
            "Wanted: 60 finney for payee 0, 60 finney for payee 1. The budget of 60 finney is too small for all."
        );
        vm.deal(address(_payer), RESERVE);
        assertEq(_payer.prompt(), "Money is wanted, but there is no budget.");
    }

    function test_ItPaysIntoBalancesThatNobodyCanRefuse() external {
        _wait(2_000);
        vm.warp(_slot(loop).due());
        vm.expectEmit(address(_payer));
        emit IAgentTreasury.Transferred(payee, 20 * FINNEY);
        vm.expectEmit(address(_payer));
        emit IAgentTreasury.Transferred(_closed, 15 * FINNEY);
        _step(_batch(_payOf(0, 20), _payOf(1, 15)));
        assertEq(everloop.balanceOf(payee), 20 * FINNEY);
        assertEq(everloop.balanceOf(_closed), 15 * FINNEY, "a payee that takes no ETH is paid too");
        vm.prank(payee);
        everloop.withdraw(20 * FINNEY, payee);
        assertEq(payee.balance, 20 * FINNEY);
        assertEq(_payer.prompt(), "Wanted: 25 finney for payee 1. The budget of 215 finney covers that.");
    }

    /// @dev What was paid comes off what is due, to the wei, each payee for itself.
    function testFuzz_PaymentsComeOffEachAllowance(uint32 waited, uint8 first, uint8 second) external {
        _wait(bound(waited, WINDOW, 30 days));
        uint256[2] memory due = [_due(0), _due(1)];
        bool ok = _acts(_batch(_payOf(0, first), _payOf(1, second)));
        uint256[2] memory paid = ok ? [first * FINNEY, second * FINNEY] : [uint256(0), 0];
        assertEq(everloop.balanceOf(payee), paid[0]);
        assertEq(everloop.balanceOf(_closed), paid[1]);
        assertEq(_due(0) + paid[0], due[0], "due + paid = earned");
        assertEq(_due(1) + paid[1], due[1], "due + paid = earned");
        bool fits = first * FINNEY <= due[0] && second * FINNEY <= due[1] && first <= 100 && second <= 100;
        assertTrue(ok == fits, "it pays what is due within the policy, and nothing else");
    }

    /// @dev However often and however much a model wants to pay. [AGT-3]
    function testFuzz_AGT3_HostileDecisionsStayWithinDueAndBudget(uint256[6] memory numbers, uint256[6] memory amounts)
        external
    {
        _wait(30 days);
        for (uint256 i = 0; i < 6; ++i) {
            _step(_payOf(i % 2 == 0 ? numbers[i] : numbers[i] % 3, i < 2 ? amounts[i] : amounts[i] % 120));
            vm.warp(_slot(loop).due());
        }
        uint256 paid = everloop.balanceOf(payee) + everloop.balanceOf(_closed);
        assertTrue(paid <= BUDGET, "sum of payments <= budget");
        assertEq(address(_payer).balance, TREASURY - paid, "nothing went elsewhere");
    }

    function test_NoMoreThanIsDueAndToNobodyElse() external {
        _wait(2_000);
        assertFalse(_acts(_payOf(0, 21)), "more than is due");
        assertFalse(_acts(_batch(_payOf(0, 20), _payOf(0, 1))), "twice");
        assertFalse(_acts(_payOf(2, 1)), "no such payee");
        assertFalse(_acts(_payOf(type(uint256).max, type(uint256).max)), "beyond all numbers");
        assertEq(everloop.balanceOf(payee), 0);
    }

    function test_TransfersThatEveryAgentHasAreClosed() external {
        _expectTransfersClosed(payee);
    }

    function test_AnUnlistedPayeeIsNeitherNamedNorPaid() external {
        _wait(2_000);
        _unlist(payee);
        assertEq(_payer.prompt(), "Wanted: 40 finney for payee 1. The budget of 250 finney covers that.");
        assertFalse(_acts(_payOf(0, 1)));
    }

    function test_RevertWhen_PayeesAreNoneTooManyOrNotListed() external {
        _expectBad(new PayerAgent.Payee[](0), 0, address(0));
        _expectBad(new PayerAgent.Payee[](9), 9, address(0));
        PayerAgent.Payee[] memory given = _payees();
        given[1].to = keeper;
        _expectBad(given, 2, keeper);
    }

    /// @dev 36 finney an hour for the payee, 72 for the contract.
    function _payees() private view returns (PayerAgent.Payee[] memory given) {
        given = new PayerAgent.Payee[](2);
        given[0] = PayerAgent.Payee(payee, uint96(FINNEY / 100));
        given[1] = PayerAgent.Payee(_closed, uint96(FINNEY / 50));
    }

    function _recipients() private view returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (payee, _closed);
    }

    function _due(uint256 number) private view returns (uint256) {
        return (_now() - _payer.bills()[number].since) * _payer.bills()[number].perSecond
            - uint256(_payer.bills()[number].paid);
    }

    function _payOf(uint256 number, uint256 finney) private pure returns (bytes memory) {
        return abi.encodeCall(PayerAgent.pay, (number, finney));
    }

    /// @dev Let more time pass than a window, and begin the loop anew.
    function _wait(uint256 time) private {
        skip(time);
        vm.startPrank(alice);
        _payer.stop(loop);
        vm.recordLogs();
        _payer.start(_birth().loop, 0);
        vm.stopPrank();
        loop = _lastInference();
    }

    function _expectBad(PayerAgent.Payee[] memory given, uint256 count, address last) private {
        Birth memory birth = _birthFor(_recipients());
        vm.deal(alice, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(PayerAgent.Payer_BadPayees.selector, count, last));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", birth, abi.encode(given));
    }
}

/// @notice Takes no ETH.
contract Closed {}
