// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExampleBase} from "./ExampleBase.sol";
import {Vm, vm} from "./Vm.sol";
import {GoodsMarket} from "../../contracts/examples/GoodsMarket.sol";
import {Grain} from "../../contracts/examples/Grain.sol";
import {TraderAgent} from "../../contracts/examples/TraderAgent.sol";
import {TraderSettings} from "../../contracts/examples/TraderSettings.sol";
import {IAgentPolicy} from "../../contracts/interfaces/IAgentPolicy.sol";
import {Inference} from "../../contracts/types/Job.sol";
import {Birth, TokenLimit} from "../../contracts/types/Policy.sol";

/// @notice Two traders and their market: a seller with 40 units too many, and a buyer that lacks 30.
contract TraderAgentTest is ExampleBase {
    uint256 private constant FINNEY = 0.001 ether;
    uint256 private constant UNIT = 1e18;
    uint88 private constant LOWEST = uint88(3 * FINNEY);
    uint88 private constant HIGHEST = uint88(6 * FINNEY);
    uint104 private constant GOODS_BUDGET = uint104(60 * UNIT);

    Grain private _grain;
    GoodsMarket private _market;
    TraderAgent private _seller;
    TraderAgent private _buyer;
    Inference private _sellerLoop;
    Inference private _buyerLoop;

    function setUp() public override {
        super.setUp();
        _grain = Grain(_create("Grain.sol:Grain", ""));
        _market = GoodsMarket(_create("GoodsMarket.sol:GoodsMarket", abi.encode(_grain)));
        _implement("TraderAgent");
        _seller = TraderAgent(_make(_recipients(), abi.encode(_settings(alice, 10))));
        _sellerLoop = loop;
        _buyer = TraderAgent(_make(_recipients(), abi.encode(_settings(address(_seller), 30))));
        _buyerLoop = loop;
        _grain.grow(address(_seller), 50 * UNIT);
    }

    function test_TheyTrade() external {
        assertEq(_seller.prompt(), "Stock is 40 units above target. The lowest price is 3 finney.");
        assertEq(_seller.context(), "The target is 10 units.");
        assertEq(_buyer.prompt(), "Stock is 30 units below target. The peer sells nothing at a fair price.");
        assertTrue(_sells(40, 4));
        assertEq(_seller.prompt(), "40 units are on offer.");
        assertEq(_buyer.prompt(), "Stock is 30 units below target. The peer sells 25 units at 4 finney.");
        assertTrue(_buys(25, 4));
        assertEq(_grain.balanceOf(address(_buyer)), 25 * UNIT);
        assertEq(address(_seller).balance, TREASURY + 100 * FINNEY);
        assertEq(address(_buyer).balance, TREASURY - 100 * FINNEY);
        assertEq(_seller.prompt(), "15 units are on offer.");
        assertTrue(_buys(5, 4));
        assertEq(_buyer.prompt(), "Stock is on target.");
    }

    function test_APriceBeyondTheOwnersLimitIsNeitherAskedNorPaid() external {
        assertFalse(_sells(40, 2), "below the lowest");
        assertTrue(_sells(40, 7));
        assertEq(_buyer.prompt(), "Stock is 30 units below target. The peer sells nothing at a fair price.");
        assertFalse(_buys(5, 7), "above the highest");
        assertEq(address(_buyer).balance, TREASURY);
    }

    function test_NoPriceIsSoHighThatItWrapsAround() external {
        assertTrue(_sells(1, type(uint32).max));
        assertEq(_market.offerOf(address(_seller)).price, type(uint32).max * FINNEY);
    }

    function test_ABuyerPaysThePriceThatItSawOrNothing() external {
        assertTrue(_sells(20, 4));
        assertTrue(_sells(20, 5), "in place of the first offer");
        assertFalse(_buys(5, 4), "the price it saw is gone");
        assertFalse(_buys(5, 6), "it pays no more than is asked either");
        assertTrue(_buys(5, 5));
        assertEq(address(_seller).balance, TREASURY + 25 * FINNEY);
    }

    function test_AnOldOfferIsNotTakenAndItsGoodsComeBack() external {
        assertTrue(_sells(20, 4));
        vm.expectRevert(
            abi.encodeWithSelector(
                GoodsMarket.Market_StillOpen.selector, address(_seller), _market.offerOf(address(_seller)).until
            )
        );
        vm.prank(keeper);
        _market.giveBack(address(_seller));
        skip(1 hours + 1);
        assertEq(_buyer.prompt(), "Stock is 30 units below target. The peer sells nothing at a fair price.");
        assertEq(_seller.prompt(), "Stock is 40 units above target. The lowest price is 3 finney.");
        vm.expectRevert(
            abi.encodeWithSelector(GoodsMarket.Market_NoSuchOffer.selector, address(_seller), 5, 4 * FINNEY)
        );
        hoax(keeper, 20 * FINNEY);
        _market.take{value: 20 * FINNEY}(address(_seller), 5, uint88(4 * FINNEY));
        vm.prank(keeper);
        _market.giveBack(address(_seller));
        assertEq(_grain.balanceOf(address(_seller)), 50 * UNIT);
    }

    /// @dev Whatever the two are told to do, each stays within its policy, and goods and money are only exchanged. [AGT-3]
    function testFuzz_AGT3_HostileDecisionsStayWithinPolicy(uint128[6] memory units, uint32[6] memory prices) external {
        for (uint256 i = 0; i < 6; ++i) {
            bool small = i < 4;
            uint128 count = small ? units[i] % 45 : units[i];
            uint32 price = small ? prices[i] % 9 : prices[i];
            if (i % 2 == 0) _sells(count, price);
            else _buys(count, uint32(_market.offerOf(address(_seller)).price / FINNEY));
        }
        uint256 spent = TREASURY - address(_buyer).balance;
        uint256 bought = _grain.balanceOf(address(_buyer));
        assertTrue(spent <= BUDGET, "what the buyer pays <= budget");
        assertEq(address(_seller).balance, TREASURY + spent, "what one pays the other gets");
        assertTrue(spent * UNIT >= bought * LOWEST, "paid >= bought x lowest");
        assertTrue(spent * UNIT <= bought * HIGHEST, "paid <= bought x highest");
        uint256 held = _market.offerOf(address(_seller)).units * UNIT;
        assertEq(_grain.balanceOf(address(_market)), held, "the market holds what is on offer");
        assertEq(_grain.balanceOf(address(_seller)) + held + bought, 50 * UNIT, "no goods are lost");
    }

    function test_AGT3_GoodsObeyTheirOwnBudget() external {
        assertTrue(_sells(40, 4));
        assertTrue(_sells(20, 4));
        assertFalse(_sells(1, 4), "60 units a day");
    }

    /// @dev Between the two limits, a provider that trades with the agent would earn by having it buy dear and sell cheap.
    function test_NeitherSellsBelowNorBuysAboveItsTarget() external {
        assertFalse(_sells(41, 3), "below the target");
        assertTrue(_sells(40, 3));
        assertFalse(_buys(31, 3), "above the target");
        assertTrue(_buys(16, 3));
        assertFalse(_buys(15, 3), "above the target with what it has");
        loop = _buyerLoop;
        assertFalse(_acts(abi.encodeCall(TraderAgent.sell, (1, 3))), "no more what it has just bought");
        assertEq(_grain.balanceOf(address(_buyer)), 16 * UNIT);
    }

    function test_TransfersThatEveryAgentHasAreClosed() external {
        _expectTransfersClosed(address(_market));
    }

    function test_RevertWhen_TheMarketIsNotListedOrNoContract() external {
        TraderSettings memory given = _settings(alice, 1);
        Birth memory birth = _birthFor(new address[](0));
        vm.deal(alice, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(TraderAgent.Trader_BadSettings.selector, address(_market)));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", birth, abi.encode(given));
        given.market = GoodsMarket(payee);
        birth = _birth();
        vm.expectRevert(abi.encodeWithSelector(TraderAgent.Trader_BadSettings.selector, payee));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", birth, abi.encode(given));
    }

    function test_TheLimitOfItsGoodsIsToldAtBirth() external {
        TraderSettings memory given = _settings(alice, 1);
        vm.recordLogs();
        hoax(alice, RUN_BALANCE);
        factory.create{value: RUN_BALANCE}(implementation, "told", _birthFor(_recipients()), abi.encode(given));
        Vm.Log memory log = _newest(vm.getRecordedLogs(), IAgentPolicy.TokenLimitChanged.selector);
        assertEq(log.topics[1], bytes32(uint256(uint160(address(_grain)))));
        assertEq(keccak256(log.data), keccak256(abi.encode(given.limit)));
    }

    function test_RevertWhen_ItsGoodsHaveALimitWithoutAWindow() external {
        TraderSettings memory given = _settings(alice, 1);
        given.limit.window = 0;
        Birth memory birth = _birthFor(_recipients());
        vm.deal(alice, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(IAgentPolicy.Agent_BadPolicy.selector, "window", 0, 1));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", birth, abi.encode(given));
    }

    function _recipients() private view returns (address[] memory list) {
        list = new address[](1);
        list[0] = address(_market);
    }

    function _settings(address peer, uint128 target) private view returns (TraderSettings memory) {
        TokenLimit memory limit = TokenLimit({actionCap: GOODS_BUDGET, budget: GOODS_BUDGET, window: 1 days});
        return
            TraderSettings({
                market: _market, peer: peer, target: target, lowest: LOWEST, highest: HIGHEST, limit: limit
            });
    }

    function _sells(uint128 units, uint32 finney) private returns (bool) {
        loop = _sellerLoop;
        return _acts(abi.encodeCall(TraderAgent.sell, (units, finney)));
    }

    function _buys(uint128 units, uint32 finney) private returns (bool) {
        loop = _buyerLoop;
        return _acts(abi.encodeCall(TraderAgent.buy, (units, finney)));
    }
}
