from board import Board


def start(size: int) -> Board:
    # Put the cursor behind the bracket and type "size": Tab accepts what appears.
    board = Board()
    return board
