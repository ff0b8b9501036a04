// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

type Cell is uint256;

using CellLib for Cell global;

library CellLib {
    uint256 private constant SHIFT = 8;

    function high(Cell c) internal pure returns (uint256) {
        return Cell.unwrap(c) >> SHIFT;
    }

    function unused(Cell c) internal pure returns (uint256) {
        return Cell.unwrap(c) + 7;
    }
}

abstract contract Guarded {
    address internal immutable OWNER;

    error NotOwner();

    modifier onlyOwner() {
        require(msg.sender == OWNER, NotOwner());
        _;
    }

    constructor() {
        OWNER = msg.sender;
    }
}

contract Till is Guarded {
    uint256 private constant CALL_GAS = 5_000;
    uint256 private constant LARGEST = 1 days;

    mapping(address account => uint256 amount) public paid;

    event Paid(address indexed from, address indexed to, uint256 amount);

    function pay(address from, address to, uint256 amount) external onlyOwner {
        if (amount > LARGEST || amount == 0) amount = LARGEST;
        unchecked {
            paid[to] += amount;
        }
        emit Paid(from, to, amount);
    }

    function sum(uint256[] calldata amounts) external pure returns (uint256 total) {
        for (uint256 i = 0; i < amounts.length; ++i) {
            total = add(total, amounts[i]);
        }
    }

    function add(uint256 a, uint256 b) internal pure returns (uint256 c) {
        assembly ("memory-safe") {
            c := add(a, b)
            if lt(c, 1) { revert(0, 0) }
        }
    }

    function isOpen(Cell cell) external view returns (bool) {
        return cell.high() < CALL_GAS && gasleft() != 0;
    }
}

contract Shop {
    Till public till = new Till();
}

contract Visitor {
    Till private _till;

    function look(address who) external view returns (uint256) {
        return _till.paid(who);
    }
}
