// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AgentBase} from "./AgentBase.sol";
import {AgentActions} from "../../contracts/agent/AgentActions.sol";
import {AgentTreasury} from "../../contracts/agent/AgentTreasury.sol";
import {vm} from "./Vm.sol";
import {BillPayer} from "../../contracts/examples/BillPayer.sol";
import {Saver} from "../../contracts/examples/Saver.sol";
import {SavingsVault} from "../../contracts/examples/SavingsVault.sol";
import {TreasuryAgent} from "../../contracts/examples/TreasuryAgent.sol";
import {CounterAgent} from "../../contracts/examples/CounterAgent.sol";
import {IAgent} from "../../contracts/interfaces/IAgent.sol";
import {Birth} from "../../contracts/types/Policy.sol";

/// @notice TreasuryAgent and CounterAgent.
contract TreasuryAgentTest is AgentBase {
    uint256 private constant FINNEY = 0.001 ether;
    /// 36 finney an hour.
    uint96 private constant BILL_PER_SECOND = uint96(FINNEY / 100);

    SavingsVault private _vault;
    TreasuryAgent private _treasury;

    function setUp() public override {
        super.setUp();
        _vault = SavingsVault(_create("SavingsVault.sol:SavingsVault", ""));
        address manifest_ = makeAddr("manifest");
        implementation = _create("TreasuryAgent.sol:TreasuryAgent", abi.encode(everloop, manifest_));
        _treasury = TreasuryAgent(payable(_make(_settings())));
    }

    function test_PromptTellsTheBillCashAndSavings() external {
        assertEq(_treasury.prompt(), "No bill is due. Cash is on target. Savings are empty.");
        skip(1 hours);
        assertEq(_treasury.prompt(), "A bill of 36 finney is due. Cash is on target. Savings are empty.");
        vm.deal(address(_treasury), 1 ether + 45 * FINNEY);
        hoax(address(_treasury), 2 ether);
        _vault.save{value: 260 * FINNEY}();
        vm.deal(address(_treasury), 1 ether + 45 * FINNEY);
        assertEq(
            _treasury.prompt(), "A bill of 36 finney is due. Cash is 45 finney above target. Savings hold 260 finney."
        );
        vm.deal(address(_treasury), 1 ether - 45 * FINNEY);
        assertEq(
            _treasury.prompt(), "A bill of 36 finney is due. Cash is 45 finney below target. Savings hold 260 finney."
        );
    }

    function test_ContextTellsTheSettings() external view {
        assertEq(_treasury.context(), "The cash target is 1000 finney. The bill grows by 36 finney an hour.");
        assertEq(_treasury.settings().payee, payee);
    }

    function test_PayPaysTheBillOnce() external {
        vm.warp(_now() + 1 hours);
        _restart();
        assertEq(_treasury.billDue(), 36 * FINNEY);
        assertTrue(_act(abi.encodeCall(BillPayer.pay, (36))) == IAgent.Result.Acted);
        assertEq(payee.balance, 36 * FINNEY);
        assertEq(_treasury.billDue(), 0);
    }

    /// @dev What is paid comes off the bill to the wei, also where the bill grows by more than one unit a second.
    function testFuzz_PaymentsComeOffTheBillToTheWei(uint96 billPerSecond, uint8 first, uint8 second) external {
        billPerSecond = uint96(bound(billPerSecond, 1, 1 ether));
        TreasuryAgent.Settings memory given = _settings();
        given.billPerSecond = billPerSecond;
        _treasury = TreasuryAgent(payable(_make(given)));
        skip(90);
        uint256 due = _treasury.billDue();
        uint256 paid = 0;
        bytes memory decision = _batch(
            abi.encodeCall(BillPayer.pay, (uint256(first) % 50)), abi.encodeCall(BillPayer.pay, (uint256(second) % 50))
        );
        if (_act(decision) == IAgent.Result.Acted) paid = (uint256(first) % 50 + uint256(second) % 50) * FINNEY;
        assertEq(payee.balance, paid);
        assertEq(_treasury.billDue(), due - paid, "bill = due - paid");
    }

    function test_NoMoreThanTheBillIsPaid() external {
        vm.warp(_now() + 1 hours);
        _restart();
        assertTrue(_act(abi.encodeCall(BillPayer.pay, (37))) == IAgent.Result.Failed);
        assertTrue(_nextAct(abi.encodeCall(BillPayer.pay, (type(uint256).max))) == IAgent.Result.Failed);
        assertEq(payee.balance, 0);
    }

    /// @dev The transfer that every agent has would pay more than the bill.
    function test_NoTransferGoesAroundTheBill() external {
        bytes memory decision = abi.encodeCall(AgentTreasury.transfer, (payee, 1));
        assertTrue(_act(decision) == IAgent.Result.Failed);
        assertTrue(_nextAct(_batch(abi.encodeCall(AgentActions.hold, ()), decision)) == IAgent.Result.Failed);
        assertEq(payee.balance, 0);
    }

    function test_AGT3_SavingAndRedeemingObeyThePolicy() external {
        assertTrue(_act(abi.encodeCall(Saver.save, (100))) == IAgent.Result.Acted);
        assertEq(_vault.savingsOf(address(_treasury)), 100 * FINNEY);
        assertTrue(_nextAct(abi.encodeCall(Saver.save, (101))) == IAgent.Result.Failed, "over the cap");
        assertTrue(_nextAct(abi.encodeCall(Saver.redeem, (101))) == IAgent.Result.Failed, "not saved");
        assertTrue(_nextAct(abi.encodeCall(Saver.redeem, (40))) == IAgent.Result.Acted);
        assertEq(_vault.savingsOf(address(_treasury)), 60 * FINNEY);
        assertEq(address(_treasury).balance, TREASURY - 60 * FINNEY);
    }

    function test_AlertIsKeptWhole() external {
        assertTrue(_act(abi.encodeCall(Saver.raiseAlert, (type(uint256).max))) == IAgent.Result.Acted);
        assertEq(uint256(_treasury.lastAlert()), type(uint256).max);
    }

    function test_RevertWhen_PayeeOrVaultAreNotListed() external {
        TreasuryAgent.Settings memory given = _settings();
        given.payee = keeper;
        _expectBadSettings(given, "payee", keeper);
        given = _settings();
        given.vault = SavingsVault(keeper);
        _expectBadSettings(given, "vault", keeper);
        given.vault = SavingsVault(payee);
        _expectBadSettings(given, "vault", payee);
    }

    function test_CounterAgentCounts() external {
        implementation = _create("CounterAgent.sol:CounterAgent", abi.encode(everloop, makeAddr("manifest")));
        _bear(_birth());
        CounterAgent counter = CounterAgent(payable(address(agent)));
        assertEq(counter.prompt(), "The count is below its limit.");
        _step(abi.encodeCall(CounterAgent.count, (3)));
        assertEq(counter.total(), 3);
        assertEq(counter.context(), "The count is 3.");
        assertTrue(_nextStep(abi.encodeCall(CounterAgent.count, (type(uint256).max))).result == IAgent.Result.Failed);
        assertEq(counter.total(), 3);
    }

    function _settings() private view returns (TreasuryAgent.Settings memory) {
        return TreasuryAgent.Settings({
            payee: payee, billPerSecond: BILL_PER_SECOND, vault: _vault, cashTarget: uint96(TREASURY)
        });
    }

    function _make(TreasuryAgent.Settings memory given) private returns (address made) {
        bytes32 salt = keccak256(abi.encode("treasury", factory.agentCount()));
        vm.recordLogs();
        hoax(alice, TREASURY + RUN_BALANCE);
        made = factory.create{value: TREASURY + RUN_BALANCE}(implementation, salt, _treasuryBirth(), abi.encode(given));
        loop = _lastInference();
    }

    function _treasuryBirth() private view returns (Birth memory birth) {
        birth = _birth();
        birth.recipients = new address[](2);
        (birth.recipients[0], birth.recipients[1]) = (payee, address(_vault));
    }

    /// @dev Time has passed the first window: book the loop anew.
    function _restart() private {
        vm.startPrank(alice);
        _treasury.stop(loop);
        vm.recordLogs();
        _treasury.start(_birth().loop, 0);
        vm.stopPrank();
        loop = _lastInference();
    }

    function _act(bytes memory decision) private returns (IAgent.Result) {
        return _step(decision).result;
    }

    function _nextAct(bytes memory decision) private returns (IAgent.Result) {
        return _nextStep(decision).result;
    }

    function _expectBadSettings(TreasuryAgent.Settings memory given, string memory field, address value) private {
        vm.deal(alice, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(TreasuryAgent.Treasury_BadSettings.selector, field, value));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", _treasuryBirth(), abi.encode(given));
    }
}
