// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {BillPayer} from "./BillPayer.sol";
import {Saver} from "./Saver.sol";
import {SavingsVault} from "./SavingsVault.sol";
import {Agent} from "../agent/Agent.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Finney} from "../libraries/Finney.sol";

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
contract TreasuryAgent is Saver, BillPayer {
    using Finney for uint256;

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

    error Treasury_BadSettings(string field, address value);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Who is paid, how fast the bill grows, where savings are, how much cash to keep.
    function settings() external view returns (Settings memory) {
        return Settings(_bill.payee, _bill.perSecond, _vault, _cashTarget);
    }

    function prompt() external view override returns (string memory) {
        return string.concat(_billFact(), " ", _cashFact(), " ", _savingsFact());
    }

    function _context() internal view override returns (string memory) {
        return string.concat("The cash target is ", uint256(_cashTarget).words(), ". ", _billRate());
    }

    function _initialize(bytes calldata data) internal override {
        Settings memory given = abi.decode(data, (Settings));
        require(_isListed(given.payee), Treasury_BadSettings("payee", given.payee));
        address vault = address(given.vault);
        require(_isListed(vault) && vault.code.length != 0, Treasury_BadSettings("vault", vault));
        _bill.open(given.payee, given.billPerSecond);
        (_vault, _cashTarget) = (given.vault, given.cashTarget);
    }
}
