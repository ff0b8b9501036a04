// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @title Finney
/// @notice Amounts as models read them: whole finney.
library Finney {
    using Strings for uint256;

    /// 0.001 ether
    uint256 internal constant ONE = 0.001 ether;
    /// 10 finney; an amount below it is not worth a step.
    uint256 internal constant TOLERANCE = 10 * ONE;

    /// @notice An amount of wei in words, rounded down: "17 finney".
    function words(uint256 amount) internal pure returns (string memory) {
        return string.concat((amount / ONE).toString(), " finney");
    }

    /// @notice What several want, and whether a budget covers it: "Wanted: 17 finney for payee 0, 23 finney for payee 2. The
    /// budget of 300 finney covers that."
    /// @param wants wei, by number; what is below {TOLERANCE} is left out.
    /// @param noun What the numbers are of: "payee".
    /// @param most wei that one of them may be given at once.
    /// @param budget wei for all of them.
    /// @return Empty where nobody wants anything.
    function list(uint256[] memory wants, string memory noun, uint256 most, uint256 budget)
        internal
        pure
        returns (string memory)
    {
        string memory text = "";
        uint256 total = 0;
        for (uint256 i = 0; i < wants.length; ++i) {
            if (wants[i] < TOLERANCE) continue;
            uint256 want = Math.min(wants[i], most);
            text = string.concat(text, total == 0 ? "" : ", ", words(want), " for ", noun, " ", i.toString());
            total += want;
        }
        if (bytes(text).length == 0) return text;
        if (most < ONE) return "Money is wanted, but there is no budget.";
        string memory verdict = total <= budget ? " covers that." : " is too small for all.";
        return string.concat("Wanted: ", text, ". The budget of ", words(budget), verdict);
    }
}
