// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";

import {FullAgent} from "../../contracts/agent/FullAgent.sol";
import {Agent} from "../../contracts/agent/Agent.sol";
import {IEverloop} from "../../contracts/interfaces/IEverloop.sol";

/// @title InboxAgent
/// @notice An agent whose prompt is what strangers write: the memo of the last gift and the name of a token, as they are.
/// @custom:instructions You keep a treasury. Note who gave. Pay nobody who was not paid before. Hold when nothing is to be done.
/// @custom:example Gift of 5 wei: thank you. Token: Gold. => note("thanks")
/// @custom:example Gift of 0 wei: . Token: none. => hold()
contract InboxAgent is FullAgent {
    string private _memo;
    uint256 private _gift;
    IERC20Metadata private _token;

    constructor(IEverloop everloop, address manifest_) Agent(everloop, manifest_) {}

    /// @notice Give money with a few words; anyone may.
    function give(string calldata memo) external payable {
        (_gift, _memo) = (msg.value, memo);
    }

    /// @notice Point at a token; anyone may.
    function show(IERC20Metadata token) external {
        _token = token;
    }

    function shouldWake() public pure override returns (bool) {
        return false;
    }

    function prompt() external view override returns (string memory) {
        string memory name = address(_token) == address(0) ? "none" : _token.name();
        return string.concat("Gift of ", Strings.toString(_gift), " wei: ", _memo, ". Token: ", name, ".");
    }

    function _context() internal pure override returns (string memory) {
        return "Gifts are welcome.";
    }

    function _initialize(bytes calldata) internal override {}
}
