// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {FullAgent} from "../agent/FullAgent.sol";
import {Agent} from "../agent/Agent.sol";
import {IEverloop} from "../interfaces/IEverloop.sol";

/// @title OracleAgent
/// @notice Publishes a figure that others read on chain, and keeps it fresh: anyone may wake it when the figure is stale.
/// @custom:instructions You publish one figure. Publish it anew when it is stale; ask another model when in doubt, and note what you learn. Hold while it is fresh.
/// @custom:example The figure is fresh: 40. => hold()
/// @custom:example The figure is stale: 40. => publish(40)
/// @custom:example Nothing is published yet. => publish(1)
contract OracleAgent is FullAgent {
    using Strings for uint256;

    /// What the agent's own contract does not check, no provider is bound by.
    uint256 private constant MAX_FIGURE = 1_000_000;
    /// Seconds that the figure counts as fresh.
    uint256 public constant MAX_AGE = 1 days;

    uint256 public figure;
    /// Unix seconds; 0 = never.
    uint256 public publishedAt;

    event Published(uint256 figure);

    error Oracle_BadFigure(uint256 figure, uint256 limit);

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Publish the figure.
    /// @param figure_ What to publish.
    /// @custom:range figure_ 0 1000000
    function publish(uint256 figure_) external action {
        require(figure_ <= MAX_FIGURE, Oracle_BadFigure(figure_, MAX_FIGURE));
        (figure, publishedAt) = (figure_, block.timestamp);
        emit Published(figure_);
    }

    function prompt() external view override returns (string memory) {
        if (publishedAt == 0) return "Nothing is published yet.";
        return string.concat(shouldWake() ? "The figure is stale: " : "The figure is fresh: ", figure.toString(), ".");
    }

    function shouldWake() public view override returns (bool) {
        return block.timestamp > publishedAt + MAX_AGE;
    }

    function _context() internal view override returns (string memory) {
        return string.concat("The figure was published at ", publishedAt.toString(), ".");
    }

    function _initialize(bytes calldata) internal override {}
}
