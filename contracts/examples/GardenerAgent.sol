// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Agent} from "../agent/Agent.sol";
import {NoTransfers} from "../agent/NoTransfers.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {Finney} from "../libraries/Finney.sol";

/// @title GardenerAgent
/// @notice Keeps other agents alive: fills their balances at Everloop, which pay for their steps, up to a level.
/// @dev It asks Everloop about its plants and never calls them, so none of them can break its prompt or refuse its water. An
/// owner may take what its plant was given, so plant for owners you trust: the policy's budget is all that one can get. A plant's
/// treasury counts as water, since it refuels itself: one whose own policy keeps it from doing so dries up beside a full one.
/// @custom:instructions You keep other agents, your plants, alive. Water each plant with what it lacks. Where the budget is too small for all, choose which to water first. Hold when no plant can be watered.
/// @custom:example No plant is dry. => hold()
/// @custom:example Wanted: 38 finney for plant 0. The budget of 300 finney covers that. => water(0, 38)
/// @custom:example Wanted: 26 finney for plant 1. The budget of 410 finney covers that. => water(1, 26)
/// @custom:example Wanted: 19 finney for plant 0, 31 finney for plant 1. The budget of 280 finney covers that. => water(0, 19); water(1, 31)
/// @custom:example Wanted: 12 finney for plant 2, 45 finney for plant 3, 28 finney for plant 4. The budget of 350 finney covers that. => water(2, 12); water(3, 45); water(4, 28)
/// @custom:example Wanted: 18 finney for plant 0, 60 finney for plant 1. The budget of 61 finney is too small for all. => water(0, 18)
/// @custom:example Money is wanted, but there is no budget. => hold()
contract GardenerAgent is NoTransfers {
    uint256 private constant MAX_PLANTS = 8;

    address[] private _plants;
    /// wei of treasury and balance at Everloop that a plant is kept at.
    uint256 public level;

    event Watered(uint256 indexed number, address indexed plant, uint256 amount);

    error Gardener_BadPlants(uint256 count, address last);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Give a plant what it lacks, or a part of it.
    /// @dev Never more than it lacks by now: who fills a plant up after the prompt was read stops no other plant's water.
    /// @param number Which plant.
    /// @param finney How much, in finney.
    /// @custom:range number 0 7
    /// @custom:range finney 1 100000
    /// @custom:cost 1 finney
    function water(uint256 number, uint256 finney) external action {
        uint256 amount = Math.min(finney * Finney.ONE, lackOf(number));
        emit Watered(number, _plants[number], amount);
        _sendToBalance(_plants[number], amount);
    }

    /// @notice wei that a plant lacks.
    function lackOf(uint256 number) public view returns (uint256) {
        address plant = _plants[number];
        return Math.saturatingSub(level, _EVERLOOP.balanceOf(plant) + plant.balance);
    }

    function prompt() external view override returns (string memory) {
        uint256[] memory lacks = new uint256[](_plants.length);
        for (uint256 i = 0; i < lacks.length; ++i) {
            if (_isListed(_plants[i])) lacks[i] = lackOf(i);
        }
        string memory wanted = Finney.list(lacks, "plant", _payable(), _chargeable());
        return bytes(wanted).length == 0 ? "No plant is dry." : wanted;
    }

    function _context() internal view override returns (string memory) {
        return string.concat("A plant is kept at ", Finney.words(level), ".");
    }

    function _initialize(bytes calldata data) internal override {
        (level, _plants) = abi.decode(data, (uint256, address[]));
        uint256 count = _plants.length;
        require(count != 0 && count <= MAX_PLANTS, Gardener_BadPlants(count, address(0)));
        for (uint256 i = 0; i < count; ++i) {
            require(_isListed(_plants[i]), Gardener_BadPlants(count, _plants[i]));
        }
    }
}
