// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

import {IAgent} from "../interfaces/IAgent.sol";
import {IAgentLens} from "../interfaces/IAgentLens.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";
import {JobHash} from "../libraries/JobHash.sol";
import {ManifestTable} from "../libraries/ManifestTable.sol";
import {Inference} from "../types/Job.sol";
import {Policy} from "../types/Policy.sol";

/// @title AgentLens
contract AgentLens is IAgentLens {
    IEverloop private immutable _EVERLOOP;

    /// @param everloop The engine to look at.
    constructor(address everloop) {
        _EVERLOOP = IEverloop(everloop);
    }

    /// @inheritdoc IAgentLens
    function EVERLOOP() external view returns (address) {
        return address(_EVERLOOP);
    }

    /// @inheritdoc IAgentLens
    function assess(address agent, Inference calldata job, uint256 alpha, uint256 beta)
        external
        view
        returns (AgentView memory v)
    {
        _checkLoop(IAgent(agent), job);
        Policy memory policy = IAgent(agent).policy();
        v.stepCost = _EVERLOOP.worstCost(job);
        v.treasury = agent.balance;
        v.runBalance = _EVERLOOP.balanceOf(agent);
        uint256 balance = v.treasury + v.runBalance;
        uint256 aboveReserve = Math.saturatingSub(v.treasury, policy.reserve);
        uint256 spendable = Math.min(Math.min(policy.actionCap, IAgent(agent).budgetLeft()), aboveReserve);
        if (balance >= v.stepCost) v.openActions = _openActions(IAgent(agent), spendable, balance - v.stepCost);
        v.liberty = v.openActions.length;
        v.utility = alpha * v.liberty + (balance == 0 ? 0 : beta);
        if (v.stepCost != 0) v.runwaySteps = (v.runBalance + aboveReserve) / v.stepCost;
        v.runwaySeconds = v.runwaySteps * job.timing.interval();
    }

    /// @dev The actions of the manifest that cost no more than both.
    function _openActions(IAgent agent, uint256 spendable, uint256 afterStep)
        private
        view
        returns (bytes4[] memory found)
    {
        ManifestTable.Row[] memory rows = ManifestTable.rows(agent.manifestPointer());
        found = new bytes4[](rows.length);
        uint256 count = 0;
        for (uint256 i = 0; i < rows.length; ++i) {
            bool pays = rows[i].cost <= spendable && rows[i].cost <= afterStep;
            if (pays && agent.isEnabled(rows[i].selector)) found[count++] = rows[i].selector;
        }
        assembly ("memory-safe") {
            mstore(found, count)
        }
    }

    function _checkLoop(IAgent agent, Inference calldata job) private view {
        bytes32 id = agent.loopId();
        uint160 booked = _EVERLOOP.slotOf(id).commitment();
        require(booked != 0 && booked == JobHash.ofInference(job), AgentLens_NotLoop(address(agent), id));
    }
}
