// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1155Receiver} from "@openzeppelin/contracts/interfaces/IERC1155Receiver.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {IERC165} from "@openzeppelin/contracts/interfaces/IERC165.sol";
import {IERC721Receiver} from "@openzeppelin/contracts/interfaces/IERC721Receiver.sol";

import {AgentTreasury} from "./AgentTreasury.sol";
import {IAgent} from "../interfaces/IAgent.sol";
import {IInferenceConsumer, IRefuelable} from "../interfaces/IConsumers.sol";

/// @title AgentSignatures
/// @notice What the agent says to other contracts: what it is (ERC-165), and what it has signed (ERC-1271).
abstract contract AgentSignatures is AgentTreasury {
    bytes4 private constant INVALID = 0xffffffff;

    mapping(bytes32 digest => bool approved) private _approved;

    /// @inheritdoc IERC1271
    function isValidSignature(bytes32 digest, bytes calldata) external view returns (bytes4) {
        return _approved[digest] && !_holds(PAUSED) ? IERC1271.isValidSignature.selector : INVALID;
    }

    /// @inheritdoc IAgent
    function revokeDigest(bytes32 digest) external onlyOwner {
        _approved[digest] = false;
        emit DigestRevoked(digest);
    }

    /// @inheritdoc IERC165
    function supportsInterface(bytes4 id) public view virtual returns (bool) {
        return id == type(IERC165).interfaceId || id == type(IAgent).interfaceId || id == type(IERC1271).interfaceId
            || id == type(IInferenceConsumer).interfaceId || id == type(IRefuelable).interfaceId
            || id == type(IERC721Receiver).interfaceId || id == type(IERC1155Receiver).interfaceId;
    }

    /// @dev Sign a digest, until the owner revokes it; for an action that knows what the digest says. An order at Everloop is
    /// paid by the run balance, past the budget: whoever signs one makes it count. [AGT-3]
    function _approve(bytes32 digest) internal {
        require(_isActing(), Agent_NotActing(msg.sender));
        _approved[digest] = true;
        _setReason(APPROVED, true);
        emit DigestApproved(digest);
    }
}
