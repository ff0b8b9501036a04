// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Agent} from "./Agent.sol";
import {AgentSignatures} from "./AgentSignatures.sol";
import {Consulter} from "./Consulter.sol";
import {Notebook} from "./Notebook.sol";
import {Planner} from "./Planner.sol";
import {Wakeable} from "./Wakeable.sol";
import {Delivery, Miss} from "../interfaces/IConsumers.sol";
import {Inference} from "../types/Job.sol";

/// @title FullAgent
/// @notice An agent with every ability; and the pattern for one that joins some of them.
abstract contract FullAgent is Notebook, Planner, Consulter, Wakeable {
    /// @inheritdoc AgentSignatures
    function supportsInterface(bytes4 id) public view virtual override(AgentSignatures, Planner) returns (bool) {
        return super.supportsInterface(id);
    }

    /// @inheritdoc Agent
    function _recollections()
        internal
        view
        virtual
        override(Agent, Notebook, Planner, Consulter)
        returns (string memory)
    {
        return super._recollections();
    }

    /// @inheritdoc Agent
    function _onOther(Delivery calldata delivery, bytes calldata answer)
        internal
        virtual
        override(Agent, Consulter)
        returns (bool)
    {
        return super._onOther(delivery, answer);
    }

    /// @inheritdoc Agent
    function _onOtherMissed(bytes32 id, Miss reason, Inference calldata job)
        internal
        virtual
        override(Agent, Consulter)
        returns (bool)
    {
        return super._onOtherMissed(id, reason, job);
    }
}
