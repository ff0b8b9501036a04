// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ExampleBase} from "./ExampleBase.sol";
import {vm} from "./Vm.sol";
import {GardenerAgent} from "../../contracts/examples/GardenerAgent.sol";
import {Birth} from "../../contracts/types/Policy.sol";

/// @notice Plants: filled up to the level through their balances at Everloop, and never beyond.
contract GardenerAgentTest is ExampleBase {
    uint256 private constant FINNEY = 0.001 ether;
    uint256 private constant LEVEL = 80 * FINNEY;

    GardenerAgent private _gardener;
    /// An agent with 50 finney at Everloop and no treasury.
    address private _plant;

    function setUp() public override {
        super.setUp();
        _plant = address(agent);
        vm.deal(_plant, 0);
        _implement("GardenerAgent");
        _gardener = GardenerAgent(_make(_plants(), abi.encode(LEVEL, _plants())));
    }

    function test_PromptTellsWhichPlantsAreDry() external {
        assertEq(_gardener.context(), "A plant is kept at 80 finney.");
        assertEq(
            _gardener.prompt(),
            "Wanted: 30 finney for plant 0, 80 finney for plant 1. The budget of 250 finney covers that."
        );
        vm.deal(_plant, 25 * FINNEY);
        _deposit(payee, 41 * FINNEY);
        assertEq(_gardener.prompt(), "Wanted: 39 finney for plant 1. The budget of 250 finney covers that.");
        vm.deal(payee, 39 * FINNEY);
        assertEq(_gardener.prompt(), "No plant is dry.");
    }

    function test_WaterReachesTheBalanceThatPaysForSteps() external {
        assertTrue(_acts(_water(0, 30)));
        assertEq(everloop.balanceOf(_plant), RUN_BALANCE + 30 * FINNEY);
        assertEq(_plant.balance, 0);
        assertEq(_gardener.lackOf(0), 0);
    }

    /// @dev A plant is filled up to the level, whatever a model gives it. [AGT-3]
    function testFuzz_AGT3_WaterStaysWithinLackAndPolicy(uint256 held, uint256 number, uint256 finney) external {
        vm.deal(_plant, bound(held, 0, 2 * LEVEL));
        number = bound(number, 0, 2);
        finney = bound(finney, 0, 150);
        uint256 lack = number < 2 ? _gardener.lackOf(number) : 0;
        bool ok = _acts(_water(number, finney));
        uint256 given = finney * FINNEY < lack ? finney * FINNEY : lack;
        assertTrue(ok == (number < 2 && given <= 100 * FINNEY));
        assertEq(address(_gardener).balance, TREASURY - (ok ? given : 0), "nothing went elsewhere");
        if (ok) assertEq(_gardener.lackOf(number), lack - given, "lack falls by what was given");
    }

    function testFuzz_AGT3_HostileDecisionsStayWithinTheBudget(uint256[8] memory numbers, uint256[8] memory amounts)
        external
    {
        for (uint256 i = 0; i < 8; ++i) {
            _step(_water(i < 2 ? numbers[i] : numbers[i] % 2, i < 2 ? amounts[i] : amounts[i] % 120));
            // The owner of the plant takes out what it was given.
            uint256 given = everloop.balanceOf(payee);
            vm.prank(payee);
            everloop.withdraw(given, keeper);
            vm.warp(_slot(loop).due());
        }
        assertTrue(TREASURY - address(_gardener).balance <= BUDGET, "what leaves <= budget");
    }

    function test_APlantIsNotGivenMoreThanItLacks() external {
        assertFalse(_acts(_water(2, 1)), "no such plant");
        assertFalse(_acts(_water(0, type(uint256).max)), "no such sum");
        assertTrue(_acts(_batch(_water(0, 31), _water(0, 1))));
        assertEq(everloop.balanceOf(_plant), RUN_BALANCE + 30 * FINNEY);
        assertEq(address(_gardener).balance, TREASURY - 30 * FINNEY);
    }

    /// @dev The owner of one plant fills it up by a wei once the prompt was read, and takes the wei back afterwards.
    function test_WhoFillsAPlantUpStopsNoWater() external {
        bytes memory obedient = _batch(_water(0, 30), _water(1, 80));
        _deposit(payee, 1);
        assertTrue(_acts(obedient));
        assertEq(_gardener.prompt(), "No plant is dry.");
        assertEq(_gardener.lackOf(0) + _gardener.lackOf(1), 0);
        assertEq(address(_gardener).balance, TREASURY - 110 * FINNEY + 1);
    }

    function test_TransfersThatEveryAgentHasAreClosed() external {
        _expectTransfersClosed(_plant);
    }

    function test_AnUnlistedPlantIsNeitherNamedNorWatered() external {
        _unlist(_plant);
        assertEq(_gardener.prompt(), "Wanted: 80 finney for plant 1. The budget of 250 finney covers that.");
        assertFalse(_acts(_water(0, 1)));
    }

    function test_APlantThatBreaksWhenCalledBreaksNothing() external {
        vm.etch(_plant, hex"fe");
        assertEq(
            _gardener.prompt(),
            "Wanted: 30 finney for plant 0, 80 finney for plant 1. The budget of 250 finney covers that."
        );
        assertTrue(_acts(_water(0, 30)));
    }

    function test_RevertWhen_PlantsAreNoneTooManyOrNotListed() external {
        _expectBad(new address[](0), 0, address(0));
        _expectBad(new address[](9), 9, address(0));
        address[] memory strangers = _plants();
        strangers[1] = keeper;
        _expectBad(strangers, 2, keeper);
    }

    function _plants() private view returns (address[] memory list) {
        list = new address[](2);
        (list[0], list[1]) = (_plant, payee);
    }

    function _water(uint256 number, uint256 finney) private pure returns (bytes memory) {
        return abi.encodeCall(GardenerAgent.water, (number, finney));
    }

    function _expectBad(address[] memory plants, uint256 count, address last) private {
        Birth memory birth = _birthFor(_plants());
        vm.deal(alice, 1 ether);
        vm.expectRevert(abi.encodeWithSelector(GardenerAgent.Gardener_BadPlants.selector, count, last));
        vm.prank(alice);
        factory.create{value: RUN_BALANCE}(implementation, "bad", birth, abi.encode(LEVEL, plants));
    }
}
