// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {SavingsVault} from "./SavingsVault.sol";
import {Agent} from "../agent/Agent.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";

/// @title TreasuryAgent
/// @notice Keeps cash near a target, puts what is over into savings, and pays a bill that grows with time.
/// @custom:instructions You manage a small treasury. Pay a bill when one is due. Otherwise keep cash on target with save and redeem. Hold when nothing is to be done.
/// @custom:example No bill is due. Cash is on target. Savings hold 310 finney. => hold()
/// @custom:example No bill is due. Cash is on target. Savings are empty. => hold()
/// @custom:example No bill is due. Cash is 45 finney above target. Savings hold 260 finney. => save(45)
/// @custom:example No bill is due. Cash is 78 finney above target. Savings are empty. => save(78)
/// @custom:example No bill is due. Cash is 36 finney below target. Savings hold 190 finney. => redeem(36)
/// @custom:example No bill is due. Cash is 52 finney below target. Savings are empty. => raiseAlert(52)
/// @custom:example A bill of 17 finney is due. Cash is on target. Savings hold 240 finney. => pay(17)
/// @custom:example A bill of 23 finney is due. Cash is 64 finney above target. Savings hold 150 finney. => pay(23)
/// @custom:example A bill of 31 finney is due. Cash is 48 finney below target. Savings are empty. => pay(31)
contract TreasuryAgent is Agent {
    using Strings for uint256;

    /// Amounts are told to the model in finney: 0.001 ether.
    uint256 private constant FINNEY = 0.001 ether;
    /// Cash this close to the target is on target; a smaller bill is not yet due.
    uint256 private constant TOLERANCE = 10 * FINNEY;

    struct Settings {
        /// Who is paid.
        address payee;
        /// wei per second that the bill grows by.
        uint96 billPerSecond;
        /// Where savings are kept.
        SavingsVault vault;
        /// wei of cash to keep.
        uint96 cashTarget;
    }

    Settings private _settings;
    /// Unix seconds from which the bill grows.
    uint40 private _since;
    /// wei of the bill paid so far.
    uint216 private _paid;
    /// finney of cash missing at the last alert.
    uint256 private _lastAlert;

    event BillPaid(address indexed payee, uint256 amount);
    event AlertRaised(uint256 missingFinney);

    error Treasury_OverBill(uint256 amount, uint256 due);
    error Treasury_BadSettings(string field, address value);
    error Treasury_NoTransfers();

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Pay the bill that is due.
    /// @param finney Amount of the bill, in finney.
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function pay(uint256 finney) external action {
        uint256 amount = finney * FINNEY;
        require(amount <= billDue(), Treasury_OverBill(amount, billDue()));
        _paid += uint216(amount);
        emit BillPaid(_settings.payee, amount);
        _send(_settings.payee, amount);
    }

    /// @notice Put cash that is above the target into savings.
    /// @param finney Amount that cash is above the target, in finney.
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function save(uint256 finney) external action {
        _sendCall(address(_settings.vault), finney * FINNEY, abi.encodeCall(SavingsVault.save, ()));
    }

    /// @notice Take cash out of savings when cash is below the target.
    /// @param finney Amount that cash is below the target, in finney.
    /// @custom:range finney 1 100000
    function redeem(uint256 finney) external action {
        _settings.vault.redeem(finney * FINNEY);
    }

    /// @notice Warn the owner when cash is below the target and savings are empty.
    /// @param finney Amount that cash is below the target, in finney.
    /// @custom:range finney 1 100000
    function raiseAlert(uint256 finney) external action {
        _lastAlert = finney;
        emit AlertRaised(finney);
    }

    /// @dev The payee is paid what is due, by {pay}, and the vault by {save}.
    function transfer(address, uint256) external pure override {
        revert Treasury_NoTransfers();
    }

    /// @dev It keeps no tokens.
    function transferToken(address, address, uint256) external pure override {
        revert Treasury_NoTransfers();
    }

    /// @dev It calls the vault, and nobody else.
    function call(address, uint256, bytes calldata) external pure override {
        revert Treasury_NoTransfers();
    }

    /// @notice wei that the payee may ask for by now.
    function billDue() public view returns (uint256) {
        return (block.timestamp - _since) * _settings.billPerSecond - _paid;
    }

    /// @notice finney of cash missing at the last alert.
    function lastAlert() external view returns (uint256) {
        return _lastAlert;
    }

    /// @notice Who is paid, how fast the bill grows, where savings are, how much cash to keep.
    function settings() external view returns (Settings memory) {
        return _settings;
    }

    function _context() internal view override returns (string memory) {
        return string.concat(
            "The cash target is ",
            (_settings.cashTarget / FINNEY).toString(),
            " finney. The bill grows by ",
            (uint256(_settings.billPerSecond) * 1 hours / FINNEY).toString(),
            " finney an hour."
        );
    }

    function prompt() external view override returns (string memory) {
        return string.concat(_billFact(), " ", _cashFact(), " ", _savingsFact());
    }

    function _initialize(bytes calldata data) internal override {
        Settings memory given = abi.decode(data, (Settings));
        require(_isListed(given.payee), Treasury_BadSettings("payee", given.payee));
        address vault = address(given.vault);
        require(_isListed(vault) && vault.code.length != 0, Treasury_BadSettings("vault", vault));
        _settings = given;
        _since = uint40(block.timestamp);
    }

    function _billFact() private view returns (string memory) {
        uint256 due = billDue();
        if (due < TOLERANCE) return "No bill is due.";
        return string.concat("A bill of ", (due / FINNEY).toString(), " finney is due.");
    }

    function _cashFact() private view returns (string memory) {
        uint256 cash = address(this).balance;
        uint256 target = _settings.cashTarget;
        if (cash >= target + TOLERANCE) {
            return string.concat("Cash is ", ((cash - target) / FINNEY).toString(), " finney above target.");
        }
        if (cash + TOLERANCE <= target) {
            return string.concat("Cash is ", ((target - cash) / FINNEY).toString(), " finney below target.");
        }
        return "Cash is on target.";
    }

    function _savingsFact() private view returns (string memory) {
        uint256 savings = _settings.vault.savingsOf(address(this));
        if (savings < TOLERANCE) return "Savings are empty.";
        return string.concat("Savings hold ", (savings / FINNEY).toString(), " finney.");
    }
}
