// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {GoodsMarket} from "./GoodsMarket.sol";
import {Finney} from "../libraries/Finney.sol";
import {TokenLimit} from "../types/Policy.sol";

/// @notice What a trader is born with.
struct TraderSettings {
    /// Where it trades; a recipient of the policy.
    GoodsMarket market;
    /// Whose offers it takes.
    address peer;
    /// Units to have.
    uint128 target;
    /// wei per unit; it sells for no less.
    uint88 lowest;
    /// wei per unit; it pays no more.
    uint88 highest;
    /// What it may send to the market, in the token's smallest unit.
    TokenLimit limit;
}

using TraderWords for TraderSettings global;

/// @notice What a trader sees, in words.
library TraderWords {
    using Strings for uint256;

    /// @notice Units that a trader has, those in the market included.
    function stockOf(TraderSettings storage its, address trader) internal view returns (uint256) {
        return its.market.GOODS().balanceOf(trader) / its.market.UNIT() + its.market.offerOf(trader).units;
    }

    /// @notice Where a trader's stock stands, and what can be done about it.
    /// @param purse wei that one action may spend.
    function situation(TraderSettings storage its, address trader, uint256 purse)
        internal
        view
        returns (string memory)
    {
        GoodsMarket.Offer memory own = its.market.offerOf(trader);
        if (own.units != 0 && block.timestamp <= own.until) {
            return string.concat(uint256(own.units).toString(), " units are on offer.");
        }
        uint256 stock = its.stockOf(trader);
        if (stock == its.target) return "Stock is on target.";
        return stock > its.target ? _surplus(its, stock) : _lack(its, stock, purse);
    }

    /// @dev What is above the target.
    function _surplus(TraderSettings storage its, uint256 stock) private view returns (string memory) {
        string memory surplus = (stock - its.target).toString();
        string memory lowest = Finney.words(Math.ceilDiv(its.lowest, Finney.ONE) * Finney.ONE);
        return string.concat("Stock is ", surplus, " units above target. The lowest price is ", lowest, ".");
    }

    /// @dev What is below the target, and what of it the peer sells for a price that the trader pays.
    function _lack(TraderSettings storage its, uint256 stock, uint256 purse) private view returns (string memory) {
        uint256 lack = its.target - stock;
        string memory text = string.concat("Stock is ", lack.toString(), " units below target. The peer sells ");
        GoodsMarket.Offer memory found = its.market.offerOf(its.peer);
        bool fair = found.price != 0 && found.price <= its.highest && found.price % Finney.ONE == 0;
        uint256 units =
            fair && block.timestamp <= found.until ? Math.min(Math.min(lack, found.units), purse / found.price) : 0;
        if (units == 0) return string.concat(text, "nothing at a fair price.");
        return string.concat(text, units.toString(), " units at ", Finney.words(found.price), ".");
    }
}
