"""a device may be wiped."""

import sqlalchemy as sa
from alembic import op

revision = "8c1f0b6d9e24"
down_revision = "37672c61804d"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Devices that were revoked before are waited for."""
    with op.batch_alter_table("device") as table:
        table.add_column(sa.Column("wipe", sa.Boolean(), nullable=False, server_default=sa.false()))
    with op.batch_alter_table("device") as table:
        table.alter_column("wipe", server_default=None)


def downgrade() -> None:
    """Nothing tells any more which were not."""
    with op.batch_alter_table("device") as table:
        table.drop_column("wipe")
