// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SavingsVault} from "./SavingsVault.sol";
import {NoTransfers} from "../agent/NoTransfers.sol";
import {Finney} from "../libraries/Finney.sol";

/// @title Saver
/// @notice Ability to keep cash near a target: what is over goes into savings, what is missing comes out of them.
abstract contract Saver is NoTransfers {
    using Finney for uint256;

    /// Where savings are kept.
    SavingsVault internal _vault;
    /// wei of cash to keep.
    uint96 internal _cashTarget;
    /// finney of cash missing at the last alert.
    uint256 public lastAlert;

    event AlertRaised(uint256 missingFinney);

    /// @notice Put cash that is above the target into savings.
    /// @param finney Amount that cash is above the target, in finney.
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function save(uint256 finney) external action {
        _sendCall(address(_vault), finney * Finney.ONE, abi.encodeCall(SavingsVault.save, ()));
    }

    /// @notice Take cash out of savings when cash is below the target.
    /// @param finney Amount that cash is below the target, in finney.
    /// @custom:range finney 1 100000
    function redeem(uint256 finney) external action {
        _vault.redeem(finney * Finney.ONE);
    }

    /// @notice Warn the owner when cash is below the target and savings are empty.
    /// @param finney Amount that cash is below the target, in finney.
    /// @custom:range finney 1 100000
    function raiseAlert(uint256 finney) external action {
        lastAlert = finney;
        emit AlertRaised(finney);
    }

    /// @dev For the prompt.
    function _cashFact() internal view returns (string memory) {
        (uint256 cash, uint256 target) = (address(this).balance, _cashTarget);
        if (cash >= target + Finney.TOLERANCE) {
            return string.concat("Cash is ", (cash - target).words(), " above target.");
        }
        if (cash + Finney.TOLERANCE <= target) {
            return string.concat("Cash is ", (target - cash).words(), " below target.");
        }
        return "Cash is on target.";
    }

    /// @dev For the prompt.
    function _savingsFact() internal view returns (string memory) {
        uint256 savings = _vault.savingsOf(address(this));
        if (savings < Finney.TOLERANCE) return "Savings are empty.";
        return string.concat("Savings hold ", savings.words(), ".");
    }
}
