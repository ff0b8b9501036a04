// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {Agent} from "./Agent.sol";
import {AgentMemory} from "./AgentMemory.sol";
import {AgentSignatures} from "./AgentSignatures.sol";
import {ITaskConsumer} from "../interfaces/IConsumers.sol";
import {IPlanner} from "../interfaces/IPlanner.sol";
import {Caps} from "../libraries/Caps.sol";
import {Pricing, Task, TimingLib} from "../types/Job.sol";
import {Plan, PlanLib} from "../types/Plan.sol";

/// @title Planner
/// @notice Ability to take an action later, without being asked again.
abstract contract Planner is AgentMemory, IPlanner {
    uint256 private constant MAX_PLANS = 8;
    /// A plan's data is its number, then its action; Everloop takes 448 bytes.
    uint256 private constant NUMBER_LENGTH = 1;
    uint256 private constant MIN_ACTION = 4;
    uint256 private constant MAX_ACTION = 448 - NUMBER_LENGTH;
    /// A minute, so that plans that plan do not fill every block.
    uint256 private constant MIN_DELAY = 60;
    uint256 private constant MAX_DELAY = 365 days;
    /// Gas of a plan's run: as much as a step has by default.
    uint24 private constant PLAN_GAS = 400_000;
    /// s until the tip has grown to its most.
    uint24 private constant TIP_RAMP = 10 minutes;
    /// gas that the whole tip pays for: more than a tenth of the run's.
    uint256 private constant TIP_GAS = 50_000;
    /// gas that a plan may cost in all: its run, its tip, and what Everloop does for it.
    uint256 private constant WORST_GAS = PLAN_GAS + TIP_GAS + 100_000;

    /// By their numbers.
    Plan[MAX_PLANS] private _plans;

    /// @inheritdoc IPlanner
    function scheduleAction(uint256 when, bytes calldata plan) external action {
        // Check: length, time, room. An early time becomes the earliest, since a model's clock is a block behind; the number of
        // a plan that is running is still taken at Everloop.
        require(plan.length >= MIN_ACTION && plan.length <= MAX_ACTION, Agent_TextLength(plan.length, MAX_ACTION));
        uint256 latest = block.timestamp + MAX_DELAY;
        require(when <= latest, Agent_PlanTooFar(when, latest));
        uint40 due = uint40(Math.max(when, block.timestamp + MIN_DELAY));
        uint256 number = 0;
        while (number < MAX_PLANS && (_isOpen(number) || _planned == number + 1)) ++number;
        require(number < MAX_PLANS, Agent_TooManyPlans(MAX_PLANS));

        // Effect.
        _plans[number] = PlanLib.pack(due, bytes4(plan));
        emit PlanMade(number, due, plan);

        // Interaction. What it may cost is topped up, so that it counts against the budget. [AGT-3]
        Pricing pricing = Caps.capsOf(_EVERLOOP, PLAN_GAS, uint64(TIP_GAS * Caps.gasPrice()));
        _topUp(WORST_GAS * Caps.gasPrice() + pricing.maxDataFee());
        _EVERLOOP.schedule(
            Task({
                owner: address(this),
                target: address(this),
                timing: TimingLib.pack(0, 0, TIP_RAMP, PLAN_GAS, 0, 0),
                salt: bytes32(number),
                pricing: pricing,
                data: bytes.concat(bytes1(uint8(number)), plan)
            }),
            due
        );
    }

    /// @inheritdoc IPlanner
    function cancelAction(uint256 number) external action {
        _cancel(number);
    }

    /// @inheritdoc IPlanner
    function dropPlan(uint256 number) external onlyOwner {
        _cancel(number);
    }

    /// @inheritdoc ITaskConsumer
    function onTask(bytes32, address owner_, bytes calldata data) external virtual returns (uint256) {
        // Check: Everloop speaks, about a task of this agent.
        require(msg.sender == address(_EVERLOOP), Agent_NotEverloop(msg.sender));
        require(owner_ == address(this), Agent_NotOwnJob(owner_));

        // Effect, then interaction: the plan is over whatever becomes of it.
        uint256 number = uint8(data[0]);
        _close(number);
        _planned = number + 1;
        (Result result,,) = _act(data[NUMBER_LENGTH:], _history);
        _planned = 0;
        emit PlanRun(number, result);
        return 0;
    }

    /// @inheritdoc AgentSignatures
    function supportsInterface(bytes4 id) public view virtual override returns (bool) {
        return id == type(ITaskConsumer).interfaceId || super.supportsInterface(id);
    }

    /// @inheritdoc Agent
    function _recollections() internal view virtual override returns (string memory) {
        return string.concat(super._recollections(), _TEXT.plans(_plans));
    }

    function _cancel(uint256 number) private {
        _close(number);
        emit PlanCancelled(number);
        _EVERLOOP.cancel(bytes32(number));
    }

    function _close(uint256 number) private {
        require(_isOpen(number), Agent_NoPlan(number));
        _plans[number] = Plan.wrap(0);
    }

    function _isOpen(uint256 number) private view returns (bool) {
        return number < MAX_PLANS && _plans[number].due() != 0;
    }
}
