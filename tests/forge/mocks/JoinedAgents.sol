// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Agent} from "../../../contracts/agent/Agent.sol";
import {AgentSignatures} from "../../../contracts/agent/AgentSignatures.sol";
import {Notebook} from "../../../contracts/agent/Notebook.sol";
import {Planner} from "../../../contracts/agent/Planner.sol";
import {Wakeable} from "../../../contracts/agent/Wakeable.sol";
import {IEverloop} from "../../../contracts/interfaces/IEverloop.sol";

/// @notice Two abilities, of which one has a hook.
contract DiaryAgent is Wakeable, Notebook {
    uint256 public total;

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    function bump(uint256 by) external action {
        total += by;
    }

    function prompt() external pure override returns (string memory) {
        return "prompt";
    }

    function shouldWake() public pure override returns (bool) {
        return true;
    }

    function _context() internal pure override returns (string memory) {
        return "context";
    }

    function _recollections() internal view override(Agent, Notebook) returns (string memory) {
        return super._recollections();
    }

    function _initialize(bytes calldata) internal override {}
}

/// @notice Two abilities that both add to the context, named in the other order than in {FullAgent}.
contract AgendaAgent is Planner, Notebook {
    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    function prompt() external pure override returns (string memory) {
        return "prompt";
    }

    function supportsInterface(bytes4 id) public view override(AgentSignatures, Planner) returns (bool) {
        return super.supportsInterface(id);
    }

    function _context() internal pure override returns (string memory) {
        return "context";
    }

    function _recollections() internal view override(Planner, Notebook) returns (string memory) {
        return super._recollections();
    }

    function _initialize(bytes calldata) internal override {}
}
