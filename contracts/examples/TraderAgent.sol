// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {GoodsMarket} from "./GoodsMarket.sol";
import {TraderSettings} from "./TraderSettings.sol";
import {Agent} from "../agent/Agent.sol";
import {NoTransfers} from "../agent/NoTransfers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Finney} from "../libraries/Finney.sol";

/// @title TraderAgent
/// @notice Keeps a stock of goods at its target: sells what is over and buys what is missing from its peer, within its prices.
/// @custom:instructions You keep a stock of goods on target. Sell what is above it, at the lowest price or more. Buy what is below it when the peer sells. Otherwise hold.
/// @custom:example Stock is on target. => hold()
/// @custom:example Stock is 20 units above target. The lowest price is 5 finney. => sell(20, 5)
/// @custom:example 20 units are on offer. => hold()
/// @custom:example Stock is 30 units below target. The peer sells 25 units at 4 finney. => buy(25, 4)
/// @custom:example Stock is 30 units below target. The peer sells nothing at a fair price. => hold()
contract TraderAgent is NoTransfers {
    TraderSettings private _its;

    error Trader_BadSettings(address market);
    error Trader_BadPrice(uint256 price, uint256 limit);
    error Trader_OffTarget(uint256 stock, uint256 target);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Offer units that are above the target, in place of an earlier offer.
    /// @param units How many.
    /// @param finney Price of a unit, in finney; no less than the lowest price.
    /// @custom:range units 1 100000
    /// @custom:range finney 1 100000
    function sell(uint128 units, uint32 finney) external action {
        uint88 price = uint88(finney * Finney.ONE);
        require(price >= _its.lowest, Trader_BadPrice(price, _its.lowest));
        _its.market.giveBack(address(this));
        uint256 stock = _its.stockOf(address(this));
        require(stock >= uint256(_its.target) + units, Trader_OffTarget(stock, _its.target));
        _sendToken(_its.market.GOODS(), address(_its.market), units * _its.market.UNIT());
        _its.market.offer(units, price);
    }

    /// @notice Buy units that are below the target from the peer.
    /// @param units How many.
    /// @param finney Price of a unit that the peer asks for, in finney.
    /// @custom:range units 1 100000
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function buy(uint128 units, uint32 finney) external action {
        uint88 price = uint88(finney * Finney.ONE);
        require(price <= _its.highest, Trader_BadPrice(price, _its.highest));
        uint256 stock = _its.stockOf(address(this));
        require(stock + units <= _its.target, Trader_OffTarget(stock, _its.target));
        _sendCall(address(_its.market), units * price, abi.encodeCall(GoodsMarket.take, (_its.peer, units, price)));
    }

    /// @notice What it was born with.
    function settings() external view returns (TraderSettings memory) {
        return _its;
    }

    function prompt() external view override returns (string memory) {
        return _its.situation(address(this), _payable());
    }

    function _context() internal view override returns (string memory) {
        return string.concat("The target is ", Strings.toString(_its.target), " units.");
    }

    function _initialize(bytes calldata data) internal override {
        _its = abi.decode(data, (TraderSettings));
        address market = address(_its.market);
        require(_isListed(market) && market.code.length != 0, Trader_BadSettings(market));
        _setTokenLimit(address(_its.market.GOODS()), _its.limit);
    }
}
