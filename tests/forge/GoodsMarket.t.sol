// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Base} from "./Base.sol";
import {Puppet} from "./mocks/Puppet.sol";
import {vm} from "./Vm.sol";
import {GoodsMarket} from "../../contracts/examples/GoodsMarket.sol";
import {Grain} from "../../contracts/examples/Grain.sol";

/// @notice The market that traders use, as strangers use it.
contract GoodsMarketTest is Base {
    uint256 private constant UNIT = 1e18;
    uint88 private constant PRICE = 0.004 ether;

    Grain private _grain;
    GoodsMarket private _market;

    function setUp() public override {
        super.setUp();
        _grain = Grain(_create("Grain.sol:Grain", ""));
        _market = GoodsMarket(_create("GoodsMarket.sol:GoodsMarket", abi.encode(_grain)));
        _grain.grow(alice, 100 * UNIT);
    }

    /// @dev Units and ETH change hands at the price of the offer; what is not bought can be taken back.
    function testFuzz_UnitsAndMoneyChangeHands(uint128 offered, uint128 taken, uint88 price) external {
        offered = uint128(bound(offered, 1, 100));
        taken = uint128(bound(taken, 1, offered));
        price = uint88(bound(price, 0, 1 ether));
        uint256 value = uint256(taken) * price;
        _offer(offered, price);
        vm.deal(alice, 0);
        hoax(keeper, value);
        _market.take{value: value}(alice, taken, price);
        assertEq(alice.balance, value);
        assertEq(_grain.balanceOf(keeper), taken * UNIT);
        vm.prank(alice);
        _market.giveBack(alice);
        assertEq(_grain.balanceOf(alice), (100 - taken) * UNIT);
        assertEq(_grain.balanceOf(address(_market)), 0);
        _market.giveBack(alice);
        assertEq(_grain.balanceOf(alice), (100 - taken) * UNIT, "nothing comes back twice");
    }

    function test_RevertWhen_GoodsAreMissingOrAnOfferIsOpen() external {
        vm.startPrank(alice);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_NoGoods.selector, 0, UNIT));
        _market.offer(1, PRICE);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_NoGoods.selector, 0, 0));
        _market.offer(0, PRICE);
        vm.stopPrank();
        _offer(2, PRICE);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_OfferIsOpen.selector, alice));
        vm.prank(alice);
        _market.offer(1, PRICE);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_NoGoods.selector, 2 * UNIT, 3 * UNIT));
        vm.prank(keeper);
        _market.offer(1, PRICE);
    }

    function test_RevertWhen_TakingWhatIsNotOffered() external {
        _offer(5, PRICE);
        _expectNoOffer(alice, 6, PRICE);
        _expectNoOffer(alice, 0, PRICE);
        _expectNoOffer(alice, 5, PRICE - 1);
        _expectNoOffer(keeper, 5, PRICE);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_WrongValue.selector, PRICE, 2 * uint256(PRICE)));
        hoax(keeper, PRICE);
        _market.take{value: PRICE}(alice, 2, PRICE);
    }

    function test_AnOfferLastsAnHourToItsLastSecond() external {
        _offer(2, PRICE);
        skip(1 hours);
        hoax(keeper, PRICE);
        _market.take{value: PRICE}(alice, 1, PRICE);
        skip(1);
        _expectNoOffer(alice, 1, PRICE);
        vm.prank(keeper);
        _market.giveBack(alice);
        assertEq(_grain.balanceOf(alice), 99 * UNIT);
    }

    function test_AMakerThatRefusesMoneySellsNothing() external {
        address maker = address(factory);
        _grain.grow(maker, UNIT);
        vm.startPrank(maker);
        _grain.transfer(address(_market), UNIT);
        _market.offer(1, PRICE);
        vm.stopPrank();
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_TransferFailed.selector, maker, PRICE));
        hoax(keeper, PRICE);
        _market.take{value: PRICE}(maker, 1, PRICE);
        assertEq(_grain.balanceOf(keeper), 0);
    }

    function test_AMakerThatEntersAgainSellsOnce() external {
        Puppet maker = new Puppet();
        _grain.grow(address(_market), UNIT);
        maker.act(address(_market), 0, abi.encodeCall(GoodsMarket.offer, (1, PRICE)));
        _offer(1, PRICE);
        maker.addStep(address(_market), abi.encodeCall(GoodsMarket.giveBack, (address(maker))));
        hoax(keeper, PRICE);
        _market.take{value: PRICE}(address(maker), 1, PRICE);
        assertEq(_grain.balanceOf(address(maker)), 0);
        assertEq(_grain.balanceOf(keeper), UNIT);
        assertEq(_grain.balanceOf(address(_market)), UNIT, "alice's goods are there");
    }

    function _offer(uint128 units, uint88 price) private {
        vm.startPrank(alice);
        _grain.transfer(address(_market), units * UNIT);
        _market.offer(units, price);
        vm.stopPrank();
    }

    function _expectNoOffer(address maker, uint128 units, uint88 price) private {
        vm.deal(keeper, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(GoodsMarket.Market_NoSuchOffer.selector, maker, units, price));
        vm.prank(keeper);
        _market.take{value: uint256(units) * price}(maker, units, price);
    }
}
