// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @title GoodsMarket
/// @notice Sells units of one ERC-20 token for ETH: each maker has one offer, for an hour.
/// @dev Nobody owns it. No price is stale: an offer keeps its price until it ends, and a taker says which price it saw. Nothing
/// is stuck: ETH goes straight to the maker, and anyone may give goods of an offer that is over back to their maker.
contract GoodsMarket {
    using SafeERC20 for IERC20;

    struct Offer {
        /// Units that are left.
        uint128 units;
        /// wei per unit.
        uint88 price;
        /// Unix seconds of its last second.
        uint40 until;
    }

    /// One unit, in the token's smallest.
    uint256 public constant UNIT = 1e18;
    /// A price that is older may have been overtaken.
    uint256 public constant OFFER_TIME = 1 hours;

    IERC20 public immutable GOODS;

    mapping(address maker => Offer) private _offers;
    /// Units of all offers together.
    uint256 private _held;

    event Offered(address indexed maker, uint256 units, uint256 price, uint256 until);
    event Sold(address indexed maker, address indexed taker, uint256 units, uint256 price);
    event GivenBack(address indexed maker, uint256 units);

    error Market_OfferIsOpen(address maker);
    error Market_NoGoods(uint256 held, uint256 required);
    error Market_NoSuchOffer(address maker, uint256 units, uint256 price);
    error Market_WrongValue(uint256 value, uint256 required);
    error Market_StillOpen(address maker, uint256 until);
    error Market_TransferFailed(address maker, uint256 amount);

    /// @param goods The token, of 18 decimals and without a fee on transfers.
    constructor(IERC20 goods) {
        GOODS = goods;
    }

    /// @notice Offer units that were sent here earlier in this transaction; what came unasked belongs to who offers next.
    function offer(uint128 units, uint88 price) external {
        require(_offers[msg.sender].units == 0, Market_OfferIsOpen(msg.sender));
        _held += units;
        uint256 here = GOODS.balanceOf(address(this));
        require(units != 0 && here >= _held * UNIT, Market_NoGoods(here, _held * UNIT));
        uint256 until = block.timestamp + OFFER_TIME;
        _offers[msg.sender] = Offer(units, price, uint40(until));
        emit Offered(msg.sender, units, price, until);
    }

    /// @notice Buy units of a maker's offer at the price that it has, for exactly that ETH.
    function take(address maker, uint128 units, uint88 price) external payable {
        Offer storage found = _offers[maker];
        bool fits = units != 0 && units <= found.units && price == found.price && block.timestamp <= found.until;
        require(fits, Market_NoSuchOffer(maker, units, price));
        require(msg.value == uint256(units) * price, Market_WrongValue(msg.value, uint256(units) * price));
        found.units -= units;
        _held -= units;
        emit Sold(maker, msg.sender, units, price);
        GOODS.safeTransfer(msg.sender, units * UNIT);
        (bool ok,) = maker.call{value: msg.value}("");
        require(ok, Market_TransferFailed(maker, msg.value));
    }

    /// @notice Give the goods of an offer back: its maker at any time, anyone when it is over.
    function giveBack(address maker) external {
        Offer memory found = _offers[maker];
        if (found.units == 0) return;
        require(msg.sender == maker || block.timestamp > found.until, Market_StillOpen(maker, found.until));
        delete _offers[maker];
        _held -= found.units;
        emit GivenBack(maker, found.units);
        GOODS.safeTransfer(maker, found.units * UNIT);
    }

    /// @notice The last offer of a maker: over where no units are left, or `until` has passed.
    function offerOf(address maker) external view returns (Offer memory) {
        return _offers[maker];
    }
}
